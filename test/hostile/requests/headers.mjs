import { Buffer } from 'node:buffer';
import { bearer } from './requests.mjs';

const IDENTITY_HEADERS = [
  'X-Actor-Sub',
  'x-actor-sub',
  'X_Actor_Sub',
  'X-Actor-Id',
  'X-Actor-Type',
  'X-Agent-Id',
  'X-Delegation-Mode',
  'X-User',
  'X-User-Id',
  'X-Username',
  'X-Remote-User',
  'Remote-User',
  'REMOTE_USER',
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-Groups',
  'X-Forwarded-Access-Token',
  'X-Auth-Request-User',
  'X-Auth-Request-Email',
  'X-Authenticated-User',
  'X-Authenticated-Userid',
  'X-Consumer-Username',
  'X-Credential-Identifier',
  'X-Goog-Authenticated-User-Email',
  'X-Amzn-Oidc-Identity',
  'X-Amzn-Oidc-Data',
  'X-Ms-Client-Principal-Name',
  'Cf-Access-Jwt-Assertion',
  'X-Tenant',
  'X-Tenant-Id',
  'X-Org-Id',
  'X-Scope',
  'X-Scopes',
  'X-Roles',
  'X-Client-Id',
  'X-Impersonate-User',
  'Impersonate-User',
  'X-On-Behalf-Of',
  'X-Session-Id',
  'Mcp-Session-Id',
  'From',
  'User',
  'X-Jwt-Assertion',
  'X-Envelope',
  'X-Eie',
  'X-Trace-Id',
  'baggage',
  'tracestate',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Real-Ip',
  'X-Original-Url',
  'X-Rewrite-Url',
  'X-Http-Method-Override',
  'X-Forwarded-Client-Cert',
  'Client-Cert',
  'Via',
];
const VALUES = [
  'mallory',
  'mallory@evilcorp.test',
  '{"sub":"mallory","tenant":"evilcorp"}',
  'sub=mallory;tenant=evilcorp',
  'for=mallory;by=evilcorp',
  'orders:admin',
  'true',
  '1',
  '%00mallory',
  'm\u00e4llory',
];

/** Headers that claim to be somebody. */
const spoofs = random =>
  Array.from({ length: 1 + random.below(4) }, () => [random.pick(IDENTITY_HEADERS), random.pick(VALUES)]);

/** Headers that carry a genuine credential where it does not count. */
const misplaced = (token, random) =>
  random.pick([
    ['X-Authorization', `Bearer ${token}`],
    ['Authorization_', `Bearer ${token}`],
    ['Proxy-Authorization', `Bearer ${token}`],
    ['X-Access-Token', token],
    ['Access-Token', token],
    ['Cookie', `access_token=${token}; token=${token}; Authorization=Bearer ${token}`],
    ['Txn-Token', token],
    ['DPoP', token],
    ['X-Forwarded-Authorization', `Bearer ${token}`],
    ['X-Original-Authorization', `Bearer ${token}`],
    ['Sec-WebSocket-Protocol', `bearer, ${token}`],
    ['WWW-Authenticate', `Bearer ${token}`],
    ['Authentication', `Bearer ${token}`],
    ['Bearer', token],
  ]);

const otherSchemes = (token, random) => {
  const basic = Buffer.from(`bearer:${token}`).toString('base64');
  return random.pick([
    token,
    `Basic ${basic}`,
    `DPoP ${token}`,
    `Token ${token}`,
    `JWT ${token}`,
    `Bearer${token}`,
    `Bearer:${token}`,
    `Bearer=${token}`,
    `Bearer\t${token}`,
    `"Bearer" ${token}`,
    `Bearer, ${token}`,
    `Bearer token=${token}`,
    `Bearer token="${token}"`,
    `Bearer ${token} ${token}`,
    `Bearer  ${token}`,
    `Bearer ${token},`,
    `Bearer ${token};`,
    `Basic x, Bearer ${token}`,
    `Bearer x, Bearer ${token}`,
    `Bearer ${token}, Basic x`,
    `Negotiate ${token}`,
    `Digest ${token}`,
    'Bearer',
    'Bearer ',
    'Bearer null',
    'Bearer undefined',
    'bearer bearer',
    `Bearer Bearer ${token}`,
    `Bearer\u00a0${token}`,
    `B\u00e9arer ${token}`,
  ]);
};

const twice = (token, random) => {
  const other = random.pick([`Bearer ${token}`, 'Bearer x', 'Basic x', '', `bearer ${token}`]);
  const names = random.pick([
    ['Authorization', 'Authorization'],
    ['Authorization', 'authorization'],
    ['AUTHORIZATION', 'authorization'],
  ]);
  const pair = [
    [names[0], `Bearer ${token}`],
    [names[1], other],
  ];
  return random.chance(0.5) ? pair : pair.reverse();
};

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'];

/** Requests that try to be somebody by their headers. Those with a genuine token must be answered as its user. */
const SPOOFS = {
  'identity headers without a token': ({ random }) => ({ headers: spoofs(random) }),
  'identity headers with a broken token': ({ random, token }) => ({
    headers: [...spoofs(random), bearer(token.slice(0, -9))],
  }),
  'identity headers with a genuine token': ({ random, token, sub }) => ({
    headers: random.chance(0.5) ? [...spoofs(random), bearer(token)] : [bearer(token), ...spoofs(random)],
    sub,
  }),
  'a token in another header': ({ random, token }) => ({ headers: [misplaced(token, random)] }),
  'another scheme': ({ random, token }) => ({ headers: [['Authorization', otherSchemes(token, random)]] }),
  'two credentials': ({ random, token }) => ({ headers: twice(token, random) }),
  'a token in the query': ({ random, token }) => ({
    path: `/orders?${random.pick(['access_token', 'access_token[]', 'token', 'access%5Ftoken', 'bearer_token', 'authorization'])}=${token}`,
    headers: [],
  }),
  'a second token in the query': ({ random, token }) => ({
    path: `/orders?access_token=${random.pick([token, '', 'x', 'x&access_token=y'])}`,
    headers: [bearer(token)],
  }),
  'a token in a form': ({ token }) => ({ method: 'POST', headers: [FORM], body: `access_token=${token}` }),
  'a second token in a form': ({ token, random }) => ({
    method: 'POST',
    headers: [bearer(token), FORM],
    body: `a=b&access_token=${random.pick([token, 'x', ''])}`,
  }),
  'a token in a JSON body': ({ token }) => ({
    method: 'POST',
    headers: [['Content-Type', 'application/json']],
    body: JSON.stringify({ access_token: token, authorization: `Bearer ${token}`, user: { sub: 'mallory' } }),
  }),
  'a folded header': ({ token }) => ({ headers: [['Authorization', `Bearer\r\n ${token}`]] }),
  'a space before the colon': ({ token }) => ({ headers: [['Authorization ', `Bearer ${token}`]] }),
  'another method': ({ random }) => ({
    method: random.pick(['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY', 'get', 'FOO']),
    headers: spoofs(random),
  }),
  'another spelling of the path': ({ random }) => ({
    path: random.pick([
      '/orders/',
      '//orders',
      '/orders/..',
      '/x/../orders',
      '/ORDERS',
      '/orders;x',
      '/orders?',
      '/orders%2f',
      '/%6frders',
      '/orders%00',
      '/orders#x',
      '/./orders',
      '/orders/admin',
      '/mcp',
      '/mcp/',
      '/orders%',
      '/orders/%ff',
      'http://127.0.0.1/orders',
      '*',
    ]),
    headers: spoofs(random),
  }),
  "somebody else's right": ({ random, token }) => ({
    path: '/orders/admin',
    headers: [bearer(token), ...spoofs(random)],
  }),
};

export function spoofedRequest({ genuine }, random) {
  const name = random.pick(Object.keys(SPOOFS));
  const at = random.below(genuine.length);
  return [name, SPOOFS[name]({ random, token: genuine[at], sub: genuine.users[at] })];
}
