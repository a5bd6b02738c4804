import { skip, unmet } from '../outcome.mjs';
import { MCP } from '../references.mjs';
import { bearer, expectStatuses } from '../subject.mjs';
import { LEGACY, legacy } from '../wire/messages.mjs';

const SHORTEST_ID = 16;

/** A session of the user `role`, with a credential of its own. */
async function sessionOf(subject, role) {
  if (!(await subject.eras()).includes(LEGACY)) skip(`the server does not speak ${LEGACY}`);
  const credential = bearer(await subject.tokens.of(role));
  const { sessionId } = await subject.open(credential);
  return { sessionId: sessionId ?? skip('the server opens no sessions'), credential };
}

const listTools = (subject, sessionId, credential) => subject.exchange(legacy('tools/list', {}, sessionId), credential);

export const checks = [
  {
    id: 'server-auth-session-not-auth',
    name: 'SessionIsNoCredential',
    level: 'MUST',
    description:
      'The id of a session is no credential: without a token, or with one that is expired, a request of the session is answered 401',
    specReferences: [MCP.sessionHijacking, MCP.tokenRequirements],
    async run(subject) {
      const { sessionId, credential } = await sessionOf(subject, 'valid');
      const own = await listTools(subject, sessionId, credential);
      if (own.outcome !== 'ran') skip(`the session does not serve its own user: ${own.answer.status}`);
      const answers = {
        'no token': (await listTools(subject, sessionId, [])).answer.status,
        garbage: (await listTools(subject, sessionId, bearer('garbage-that-nobody-issued'))).answer.status,
      };
      if (await subject.tokens.has('expired'))
        answers['expired token'] = (
          await listTools(subject, sessionId, bearer(await subject.tokens.of('expired')))
        ).answer.status;
      return expectStatuses(answers, status => status === 401, { expected: 401 });
    },
  },
  {
    id: 'server-auth-cross-user-session',
    name: 'SessionBelongsToItsUser',
    level: 'SHOULD',
    description:
      'Another user with a token of their own is not let into a session: not to call, to listen or to end it',
    specReferences: [MCP.sessionHijacking],
    async run(subject) {
      const { sessionId, credential } = await sessionOf(subject, 'valid');
      const other = bearer(await subject.tokens.of('secondUser'));
      const headers = [
        ['accept', 'text/event-stream'],
        ['mcp-protocol-version', LEGACY],
        ['mcp-session-id', sessionId],
        ...other,
      ];
      const ask = async method => (await subject.fetch(subject.url, { method, headers, isDone: () => true })).status;
      const answers = {
        'tools/list': (await listTools(subject, sessionId, other)).answer.status,
        GET: await ask('GET'),
        DELETE: await ask('DELETE'),
      };
      const after = await listTools(subject, sessionId, credential);
      if (after.outcome !== 'ran')
        unmet('after what another user did, the session does not serve its own user any more', {
          details: { answers },
        });
      return expectStatuses(answers, status => status >= 400, { expected: 'a refusal of the other user' });
    },
  },
  {
    id: 'server-auth-session-id-random',
    name: 'SessionIdUnguessable',
    level: 'MUST',
    description: 'Session ids are long, and no two are alike or follow each other',
    specReferences: [MCP.sessionHijacking],
    async run(subject) {
      const ids = [];
      for (let i = 0; i < 3; i++) ids.push((await sessionOf(subject, 'valid')).sessionId);
      if (new Set(ids).size < ids.length) unmet('one session id came twice');
      const alike = ids.slice(1).some((id, index) => differences(id, ids[index]) < SHORTEST_ID / 2);
      if (alike || ids.some(id => id.length < SHORTEST_ID))
        unmet('the session ids can be guessed', { details: { ids } });
      return { length: ids[0].length };
    },
  },
];

const differences = (one, other) => [...one].filter((letter, index) => letter !== other[index]).length;
