import { refusedByPolicy } from './claims.mjs';
import { forgedToken, unknownKey } from './forgeries.mjs';
import { spoofedRequest } from './headers.mjs';
import { hostileMessage } from './mcp-messages.mjs';
import { bearer, mcpHeaders } from './requests.mjs';
import { oddlySizedRequest } from './sizes.mjs';
import { editedToken } from './token-edits.mjs';

/** How many of a hundred requests are of which family. */
const SHARES = {
  'good request': 5,
  'edited token': 40,
  'forged token': 12,
  'claims that no policy accepts': 20,
  'header spoofing': 10,
  'sizes and encodings': 8,
  'hostile MCP message': 5,
};
const LOTS = Object.entries(SHARES).flatMap(([family, share]) => Array(share).fill(family));

/** Genuine tokens of both issuers and of every algorithm; `users` names their subjects. */
export function genuineTokens({ acme, globex }) {
  const users = Array.from({ length: 16 }, (_, i) => `user-${i}`);
  const tokens = users.map((sub, i) =>
    i < 10 ? acme.sign(acme.claims({ sub })) : globex.sign(globex.claims({ sub }), {}, globex.keys[i % 2]),
  );
  return Object.assign(tokens, { users });
}

const GOOD = {
  'an HTTP handler': (token, { pick }) => ({
    headers: [
      [
        pick(['Authorization', 'authorization', 'AUTHORIZATION']),
        `${pick(['Bearer', 'bearer', 'BEARER'])} ${token}${pick(['', ' ', '\t'])}`,
      ],
    ],
  }),
  'an HTTP handler by POST': token => ({
    method: 'POST',
    headers: [bearer(token), ['Content-Type', 'application/json']],
    body: '{"a":1}',
  }),
  'a tool': token => ({
    method: 'POST',
    path: '/mcp',
    headers: mcpHeaders(token),
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{}}}',
  }),
  'a tool with input': token => ({
    method: 'POST',
    path: '/mcp',
    headers: mcpHeaders(token),
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"find_order","arguments":{"orderId":"o-1"}}}',
  }),
};

function goodRequest({ genuine }, random) {
  const [at, name] = [random.below(genuine.length), random.pick(Object.keys(GOOD))];
  return [name, { ...GOOD[name](genuine[at], random), sub: genuine.users[at] }];
}

const withToken = ([name, token]) => [name, { headers: [bearer(token)] }];

const FAMILIES = {
  'good request': goodRequest,
  'edited token': ({ genuine }, random) => withToken(editedToken(random, genuine)),
  'forged token': (world, random) => withToken(forgedToken(world, random)),
  'claims that no policy accepts': (world, random) => withToken(refusedByPolicy(world, random)),
  'header spoofing': spoofedRequest,
  'sizes and encodings': oddlySizedRequest,
  'hostile MCP message': hostileMessage,
};

/** Every family, mixed. */
export function* mixedRequests(world, random, count) {
  for (let made = 0; made < count; made++) {
    const family = random.pick(LOTS);
    const [name, request] = FAMILIES[family](world, random);
    yield { kind: `${family}: ${name}`, ...request };
  }
}

/** Good requests of one plain kind, for a median that nothing disturbs. */
export function* plainRequests({ genuine }, count) {
  for (let made = 0; made < count; made++)
    yield { kind: 'good request: plain', headers: [bearer(genuine[0])], sub: genuine.users[0] };
}

/** Key ids that nobody has published, each another one, with the same plain good requests among them. */
export function* unknownKeys(world, random, count) {
  for (let made = 0; made < count; made++) {
    if (made % 20 === 0) yield* plainRequests(world, 1);
    else yield { kind: 'unknown key id', headers: [bearer(unknownKey(world, random))] };
  }
}
