import { skip, unmet } from '../outcome.mjs';
import { MCP, rfc } from '../references.mjs';
import { bearer, expectStatuses } from '../subject.mjs';
import { bearerChallenge } from '../wire/challenge.mjs';
import { LEGACY, legacy, messagesIn, MODERN } from '../wire/messages.mjs';

/** What the scoped tool answers, in each era, to a token that may not call it. It must be one that another token may. */
async function withoutScope(subject) {
  const [tool, token] = [subject.tool('scoped'), await subject.tokens.of('missingScope')];
  const found = [];
  for (const era of await subject.eras()) {
    const { outcome } = await subject.call(era, tool, bearer(await subject.tokens.of('valid')));
    if (outcome !== 'ran') skip(`the tool "${tool.name}" does not run for the valid token either (${era})`);
    found.push({ era, tool, ...(await subject.call(era, tool, bearer(token))) });
  }
  return found;
}

export const checks = [
  {
    id: 'server-auth-scope-accepted',
    name: 'SufficientScopeAccepted',
    level: 'MUST',
    description: 'The tool that needs a scope runs for a token that has it',
    specReferences: [MCP.tokenHandling],
    async run(subject) {
      const tool = subject.tool('scoped');
      for (const era of await subject.eras()) {
        const { answer, outcome } = await subject.call(era, tool, bearer(await subject.tokens.of('valid')));
        if (outcome !== 'ran') unmet(`${era}: answered ${answer.status}, and the tool ${outcome}`);
      }
    },
  },
  {
    id: 'server-auth-insufficient-scope-403',
    name: 'InsufficientScopeForbidden',
    level: 'SHOULD',
    description: 'A tool whose scope the token lacks does not run, which is a MUST, and HTTP says 403',
    specReferences: [MCP.insufficientScope, MCP.errorHandling, rfc(6750, '3.1')],
    async run(subject) {
      for (const { era, answer, outcome } of await withoutScope(subject)) {
        if (outcome === 'ran' || outcome === 'asks') unmet(`${era}: the tool ran`, { level: 'MUST' });
        if (answer.status !== 403)
          unmet(`${era}: answered ${answer.status}, not 403`, { level: outcome === 'refused' ? 'MUST' : 'SHOULD' });
      }
    },
  },
  {
    id: 'server-auth-scope-challenge-complete',
    name: 'ScopeChallengeComplete',
    level: 'SHOULD',
    description:
      'The challenge of the 403 has error="insufficient_scope", every scope of the operation, and where the metadata is',
    specReferences: [MCP.insufficientScope, rfc(6750, '3.1')],
    async run(subject) {
      const found = {};
      for (const { era, answer, tool } of await withoutScope(subject)) {
        if (answer.status !== 403)
          skip(`the server answers ${answer.status}, so that there is no challenge to look at (${era})`);
        const challenge = bearerChallenge(answer) ?? unmet(`${era}: the 403 has no Bearer challenge`);
        const scopes = challenge.get('scope')?.split(' ') ?? [];
        const missing = [
          ...(challenge.get('error') === 'insufficient_scope' ? [] : ['error="insufficient_scope"']),
          ...tool.scopes.filter(scope => !scopes.includes(scope)).map(scope => `the scope ${scope}`),
          ...(challenge.has('resource_metadata') ? [] : ['resource_metadata']),
        ];
        if (missing.length)
          unmet(`${era}: the challenge lacks ${missing.join(', ')}`, {
            details: { header: answer.headers['www-authenticate'] },
          });
        found[era] = answer.headers['www-authenticate'];
      }
      return found;
    },
  },
  {
    id: 'server-auth-scope-hierarchy',
    name: 'BroaderScopeSuffices',
    level: 'MUST',
    description: 'A broader scope that implies the one of the tool is enough to call it',
    specReferences: [MCP.stepUp],
    async run(subject) {
      const [tool, token] = [subject.tool('scoped'), await subject.tokens.of('broaderScope')];
      for (const era of await subject.eras()) {
        const { answer, outcome } = await subject.call(era, tool, bearer(token));
        if (outcome !== 'ran') unmet(`${era}: answered ${answer.status}, and the tool ${outcome}`);
      }
    },
  },
  {
    id: 'server-auth-lying-mcp-name',
    name: 'BodyDecidesNotHeader',
    level: 'MUST',
    description: 'An Mcp-Name header that names another tool than the body does not get the tool of the body run',
    specReferences: [MCP.serverValidation],
    async run(subject) {
      if (!(await subject.eras()).includes(MODERN)) skip(`the server does not speak ${MODERN}`);
      const [open, scoped] = [subject.tools.open ?? skip('the config names no tool "open"'), subject.tool('scoped')];
      const lie = async (tool, named, role) =>
        (await subject.call(MODERN, tool, bearer(await subject.tokens.of(role)), { options: { named } })).answer.status;
      const answers = {
        'names the open tool, calls the scoped one, without its scope': await lie(scoped, open.name, 'missingScope'),
        'names the open tool, calls the scoped one, with its scope': await lie(scoped, open.name, 'valid'),
        'names the scoped tool, calls the open one': await lie(open, scoped.name, 'valid'),
      };
      return expectStatuses(answers, status => status === 400 || status === 403, { expected: '400 or 403' });
    },
  },
  {
    id: 'server-auth-batch-members-decided',
    name: 'BatchMembersDecided',
    level: 'MUST',
    description:
      'A batch, which clients of early revisions send, does not carry a call past its scope: each member is decided, or all are refused',
    specReferences: [MCP.tokenHandling, MCP.insufficientScope],
    async run(subject) {
      if (!(await subject.eras()).includes(LEGACY)) skip(`the server does not speak ${LEGACY}`);
      const [open, scoped, credential] = [
        subject.tool('open'),
        subject.tool('scoped'),
        bearer(await subject.tokens.of('missingScope')),
      ];
      const { sessionId } = await subject.open(credential);
      const calls = [open, scoped].map(({ name, arguments: args = {} }) =>
        legacy('tools/call', { name, arguments: args }, sessionId),
      );
      const { answer } = await subject.exchange(
        { headers: calls[0].headers, body: calls.map(({ body }) => body) },
        credential,
      );
      const ran = messagesIn(answer).some(
        message => message?.id === calls[1].id && message.result && !message.result.isError,
      );
      if (ran) unmet('the tool ran as a member of a batch');
      return { status: answer.status };
    },
  },
];
