import { skip, unmet } from '../outcome.mjs';
import { MCP, rfc } from '../references.mjs';
import { bearer, expectStatuses } from '../subject.mjs';
import { oneConnection } from '../wire/http.mjs';
import { LEGACY, legacy, MODERN, modern } from '../wire/messages.mjs';

const METHODS = [
  'server/discover',
  'tools/list',
  'resources/list',
  'prompts/list',
  'completion/complete',
  'subscriptions/listen',
  'no/such-method',
];
const LEGACY_METHODS = [
  'ping',
  'tools/list',
  'resources/list',
  'prompts/list',
  'logging/setLevel',
  'notifications/initialized',
];

/** Every kind of request, by what it is. */
function requests(eras) {
  const all = {};
  if (eras.includes(MODERN))
    for (const method of METHODS)
      all[`${method} (${MODERN})`] = modern(
        method,
        method === 'subscriptions/listen' ? { notifications: { toolsListChanged: true } } : {},
      );
  if (eras.includes(LEGACY)) for (const method of LEGACY_METHODS) all[`${method} (${LEGACY})`] = legacy(method);
  return all;
}

const isHead = () => true;

export const checks = [
  {
    id: 'server-auth-no-token-401',
    name: 'NoTokenRefused',
    level: 'MUST',
    description: 'A request without a token is answered 401',
    specReferences: [MCP.errorHandling, MCP.tokenRequirements],
    run: subject => subject.refuses({ 'no token': [] }),
  },
  {
    id: 'server-auth-every-request',
    name: 'EveryRequestNeedsToken',
    level: 'MUST',
    description: 'Every method needs a token, known or not, and so do GET and DELETE where there are any',
    specReferences: [MCP.tokenRequirements],
    async run(subject) {
      const answers = {};
      for (const [what, message] of Object.entries(requests(await subject.eras()))) {
        answers[what] = (await subject.exchange(message, [], { isDone: isHead })).answer.status;
      }
      for (const method of ['GET', 'DELETE']) {
        const headers = [
          ['accept', 'text/event-stream'],
          ['mcp-protocol-version', LEGACY],
        ];
        answers[method] = (await subject.fetch(subject.url, { method, headers, isDone: isHead })).status;
      }
      const isAbsent = (status, what) => ['GET', 'DELETE'].includes(what) && [404, 405].includes(status);
      return expectStatuses(answers, (status, what) => status === 401 || isAbsent(status, what), { expected: 401 });
    },
  },
  {
    id: 'server-auth-connection-not-auth',
    name: 'ConnectionIsNoIdentity',
    level: 'MUST',
    description: 'A request without a token is refused on a connection that has just carried a valid one',
    specReferences: [MCP.statelessness, MCP.tokenRequirements],
    async run(subject) {
      const [era] = await subject.eras();
      const credential = bearer(await subject.tokens.of('valid'));
      const agent = oneConnection(subject.url);
      try {
        await subject.probe(era, credential, { agent });
        const { answer } = await subject.probe(era, [], { agent });
        if (!answer.isReused) skip('the server keeps no connection open');
        if (answer.status !== 401) unmet(`the second request was answered ${answer.status}`);
      } finally {
        agent.destroy();
      }
    },
  },
  {
    id: 'server-auth-malformed-header-refused',
    name: 'MalformedHeaderRefused',
    level: 'MUST',
    description: 'An Authorization header that is malformed, empty or of another scheme is answered 400 or 401',
    specReferences: [MCP.tokenRequirements, rfc(6750, '2.1')],
    async run(subject) {
      const values = ['foo', 'Bearer', 'Bearer ', 'Bearer a b', 'Bearer ,', 'Basic Zm9vOmJhcg==', 'Negotiate foo'];
      return subject.refuses(Object.fromEntries(values.map(value => [`"${value}"`, [['authorization', value]]])), {
        statuses: [400, 401],
      });
    },
  },
  {
    id: 'server-auth-query-token-refused',
    name: 'QueryTokenRefused',
    level: 'MUST',
    description: 'A valid token in the query alone is answered 400 or 401',
    specReferences: [MCP.tokenRequirements, rfc(6750, '2.3')],
    async run(subject) {
      return subject.refuses(
        { 'token in the query': [] },
        { statuses: [400, 401], url: withQuery(subject.url, await subject.tokens.of('valid')) },
      );
    },
  },
  {
    id: 'server-auth-two-tokens-400',
    name: 'TwoTokensRefused',
    level: 'MUST',
    description:
      'Two credentials are a malformed request, since those who read it may differ about which one counts: 400',
    specReferences: [MCP.errorHandling, rfc(6750, '3.1'), rfc(9110, '5.3')],
    async run(subject) {
      const token = await subject.tokens.of('valid');
      const garbage = bearer('garbage-that-nobody-issued');
      const answers = {};
      for (const era of await subject.eras()) {
        const ask = async (what, credential, request) =>
          (answers[`${what} (${era})`] = (await subject.probe(era, credential, request)).answer.status);
        await ask('header and query', bearer(token), { url: withQuery(subject.url, token) });
        await ask('valid, then garbage', [...bearer(token), ...garbage]);
        await ask('garbage, then valid', [...garbage, ...bearer(token)]);
      }
      const isServed = Object.values(answers).some(status => status < 400);
      return expectStatuses(answers, status => status === 400, { expected: 400, level: isServed ? 'MUST' : 'SHOULD' });
    },
  },
];

function withQuery(url, token) {
  const address = new URL(url);
  address.searchParams.set('access_token', token);
  return address.href;
}
