import { skip, unmet } from '../outcome.mjs';
import { MCP } from '../references.mjs';
import { bearer } from '../subject.mjs';
import { carries } from '../wire/canary.mjs';

export const checks = [
  {
    id: 'server-auth-no-token-passthrough',
    name: 'NoTokenPassthrough',
    level: 'MUST',
    description:
      'The service behind a tool is not sent the token of the client: the canary in its place finds it in no header, address or body',
    specReferences: [MCP.privilege, MCP.tokenPassthrough],
    async run(subject) {
      const tool = subject.tool('downstream');
      const token = await subject.tokens.of('valid');
      const found = {};
      for (const era of await subject.eras()) {
        const heard = subject.canary.requests.length;
        const { answer, outcome } = await subject.call(era, tool, bearer(token));
        const requests = subject.canary.requests.slice(heard);
        if (!requests.length)
          skip(`the tool "${tool.name}" did not call the canary (${era}: ${answer.status}, and the tool ${outcome})`);
        if (requests.some(request => carries(request, token)))
          unmet(`${era}: the canary was sent the token of the client`);
        found[era] = requests.length;
      }
      return { requests: found };
    },
  },
];
