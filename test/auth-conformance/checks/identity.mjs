import { skip, unmet } from '../outcome.mjs';
import { MCP } from '../references.mjs';
import { bearer } from '../subject.mjs';
import { oneConnection } from '../wire/http.mjs';

const ROUNDS = 12;

/** What a spoofed request says of its user, in the words of proxies and frameworks, and of this protocol. */
const SPOOFED_HEADERS = [
  'x-user-id',
  'x-user',
  'x-forwarded-user',
  'x-forwarded-email',
  'x-auth-request-user',
  'x-remote-user',
  'remote-user',
  'x-tenant-id',
  'x-client-id',
].map(name => [name, 'somebody-else']);
const SPOOFED_META = {
  'com.example/user': 'somebody-else',
  user: 'somebody-else',
  sub: 'somebody-else',
  userId: 'somebody-else',
};

/** What the tool that says who calls has told of a token: all it answered. */
async function toldOf(subject, era, token, transport) {
  const tool = subject.tools.whoami ?? subject.tool('open');
  const { outcome, response, answer } = await subject.call(era, tool, bearer(token), transport);
  if (outcome !== 'ran') unmet(`${era}: the tool "${tool.name}" was answered ${answer.status}, and ${outcome}`);
  return JSON.stringify([response.result.content, response.result.structuredContent]);
}

/** What is told of the valid token, each time the same; else nothing can be compared. */
async function steadyAnswer(subject, era) {
  const token = await subject.tokens.of('valid');
  const [one, other] = [await toldOf(subject, era, token), await toldOf(subject, era, token)];
  return one === other ? one : skip('the tool answers differently each time');
}

export const checks = [
  {
    id: 'server-auth-identity-per-request',
    name: 'IdentityPerRequest',
    level: 'MUST',
    description:
      'Requests of two users, in turn on one connection and then all at once, are each answered as their own user',
    specReferences: [MCP.statelessness],
    async run(subject) {
      subject.tool('whoami');
      const [era] = await subject.eras();
      const tokens = { valid: await subject.tokens.of('valid'), secondUser: await subject.tokens.of('secondUser') };
      const expected = {
        valid: await steadyAnswer(subject, era),
        secondUser: await toldOf(subject, era, tokens.secondUser),
      };
      if (expected.valid === expected.secondUser) skip('the tool says the same of both users');
      const agent = oneConnection(subject.url);
      try {
        for (const role of ['valid', 'secondUser', 'valid', 'secondUser']) {
          if ((await toldOf(subject, era, tokens[role], { agent })) !== expected[role])
            unmet('on one connection, one user was answered as the other');
        }
      } finally {
        agent.destroy();
      }
      const roles = Array.from({ length: ROUNDS }, (_, index) => (index % 2 ? 'valid' : 'secondUser'));
      const told = await Promise.all(roles.map(role => toldOf(subject, era, tokens[role])));
      if (told.some((one, index) => one !== expected[roles[index]]))
        unmet('of requests at the same time, one was answered as the other user');
      return { requests: ROUNDS + 4 };
    },
  },
  {
    id: 'server-auth-spoofed-identity-ignored',
    name: 'SpoofedIdentityIgnored',
    level: 'MUST',
    description: 'Headers and _meta that name another user change nothing of an answer',
    specReferences: [MCP.identifyingUser, MCP.stateHandles],
    async run(subject) {
      for (const era of await subject.eras()) {
        const expected = await steadyAnswer(subject, era);
        const spoofed = { extra: SPOOFED_HEADERS, options: { meta: SPOOFED_META } };
        if ((await toldOf(subject, era, await subject.tokens.of('valid'), spoofed)) !== expected)
          unmet(`${era}: the answer is another one`);
      }
      return { headers: SPOOFED_HEADERS.map(([name]) => name), meta: Object.keys(SPOOFED_META) };
    },
  },
  {
    id: 'server-auth-client-info-ignored',
    name: 'ClientInfoIsNoIdentity',
    level: 'SHOULD',
    description: 'A clientInfo with another name, which nobody verifies, changes nothing of an answer',
    specReferences: [MCP.meta],
    async run(subject) {
      const [era] = await subject.eras();
      const expected = await steadyAnswer(subject, era);
      const told = await toldOf(subject, era, await subject.tokens.of('valid'), {
        options: { clientInfo: { name: 'trusted-admin-console', version: '9.9.9' } },
      });
      if (told !== expected) unmet('the answer is another one');
    },
  },
];
