import { RESOURCE } from '../issuers.mjs';

const now = () => Math.floor(Date.now() / 1000);
const chain = depth => (depth ? { sub: `actor-${depth}`, act: chain(depth - 1) } : undefined);

const NO_TEXT = [null, '', 7, 0, -1, true, false, [], {}, [''], ['x'], { toString: 'x' }];
/** Null is the first: a claim that may be absent may be null. */
const NO_NUMBER = [null, '', '7', -1, true, [], {}, [7], '1e9'];
const ODD_TEXT = ['a\u0000', 'a\nb', '\u0007', 'a\u0085', 'x'.repeat(1025), '\u001b[31m'];

/** Each alone makes a token one that no policy accepts, whatever stands beside it: claims, by what is wrong with them. */
const DEVIATIONS = {
  'exp missing': () => ({ exp: undefined }),
  'exp of another type': ({ pick }) => ({ exp: pick(NO_NUMBER) }),
  'exp in the past': ({ pick }) => ({ exp: now() - pick([0, 1, 30, 59, 3600, 1e9]) }),
  'exp far ahead': ({ pick }) => ({ exp: pick([now() + 4000, now() + 3e9, 1e308, 9e15]) }),
  'iat missing': () => ({ iat: undefined }),
  'iat of another type': ({ pick }) => ({ iat: pick(NO_NUMBER) }),
  'iat ahead': ({ pick }) => ({ iat: now() + pick([90, 3600, 1e9]), exp: now() + 2e9 }),
  'a lifetime that is too long': ({ pick }) => ({ iat: now() - pick([2000, 86_400, 1e9]), exp: now() + 1700 }),
  'nbf ahead': ({ pick }) => ({ nbf: now() + pick([90, 3600, 1e9]) }),
  'nbf of another type': ({ pick }) => ({ nbf: pick(NO_NUMBER.slice(1)) }),
  'sub missing': () => ({ sub: undefined }),
  'sub of another type': ({ pick }) => ({ sub: pick([...NO_TEXT, ...ODD_TEXT]) }),
  'client_id missing': () => ({ client_id: undefined }),
  'client_id of another type': ({ pick }) => ({ client_id: pick([...NO_TEXT, ...ODD_TEXT]) }),
  'aud missing': () => ({ aud: undefined }),
  'aud of another': ({ pick }) => ({
    aud: pick([
      ...NO_TEXT,
      'https://orders.shop.test',
      ['https://orders.shop.test'],
      [RESOURCE, 'https://other.test'],
      [RESOURCE, 7],
      [[RESOURCE, 'x']],
      `${RESOURCE}/`,
      RESOURCE.slice(0, -1),
      `${RESOURCE}?x`,
      RESOURCE.toUpperCase(),
      ` ${RESOURCE}`,
      `${RESOURCE}\u0000`,
      { 0: RESOURCE },
      '*',
    ]),
  }),
  'iss missing': () => ({ iss: undefined }),
  'iss of another': ({ pick }, { globex, acme }) => ({
    iss: pick([
      ...NO_TEXT,
      globex.url,
      `${acme.url}/`,
      `${acme.url}?`,
      [acme.url],
      'https://login.mallory.test',
      'http://169.254.169.254/',
      'file:///etc/passwd',
      '__proto__',
      'constructor',
    ]),
  }),
  'tenant missing': () => ({ tenant: undefined }),
  'tenant of another': ({ pick }) => ({
    tenant: pick([...NO_TEXT, 'globex', 'ACME', 'acme ', 'evilcorp', 'default', 'acme\u0000', '__proto__']),
  }),
  'no sign of a user': ({ pick }) => ({
    sub_profile: pick([undefined, null, '', 'User', 'service', 'user ', true, { user: true }, []]),
  }),
  'bound to a key': ({ pick }) => ({
    cnf: pick([{ jkt: 'x' }, { 'x5t#S256': 'x' }, { jwk: {} }, { kid: 'x' }, {}, '', 'x', [], true]),
  }),
  'an actor chain that is none': ({ pick }) => ({
    act: pick([
      'x',
      7,
      [],
      {},
      { sub: '' },
      { sub: 7 },
      { sub: 'a', iss: 7 },
      { sub: 'a', act: 'b' },
      chain(5),
      chain(50),
    ]),
  }),
  'scope of another type': ({ pick }) => ({ scope: pick([null, 7, true, {}, [7], 'orders:read\n']) }),
  'sub only in a prototype': () => ({ sub: undefined, ['__proto__']: { sub: 'mallory' } }),
};

/** Whole tokens of other kinds: what an issuer signs with the same key and is no access token. */
const OTHER_TOKENS = {
  'an ID token': ({ acme }) =>
    acme.sign(
      { ...acme.claims({ aud: 'desk-copilot', nonce: 'n', at_hash: 'h' }), client_id: undefined, scope: undefined },
      { typ: 'JWT' },
    ),
  'an ID token with our audience': ({ globex }) =>
    globex.sign({ ...globex.claims({ nonce: 'n', azp: 'desk-copilot' }), typ: 'ID' }),
  'a transaction token': ({ acme }) =>
    acme.sign({ ...acme.claims(), txn: 't', purp: 'x', azd: {} }, { typ: 'txntoken+jwt' }),
  'a logout token': ({ acme }) =>
    acme.sign(
      { ...acme.claims(), events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
      { typ: 'logout+jwt' },
    ),
  'a refresh token': ({ globex }) => globex.sign({ ...globex.claims(), typ: 'Refresh' }),
  'both a user and a service': ({ acme }) => acme.sign(acme.claims({ sub: 'desk-copilot' })),
};

/** Tokens that are sound and lack the right: refused with 403. */
const WITHOUT_THE_RIGHT = [
  undefined,
  '',
  'orders',
  'orders:reader',
  'ORDERS:READ',
  'orders:read,profile:read',
  'orders:*',
  '*',
  'orders:read;x',
  'xorders:read',
  'orders:write',
];

/** `[deviation, token]`: signed by the genuine key, with one to three things that a policy refuses. */
export function refusedByPolicy(world, random) {
  const kind = random.below(20);
  if (kind === 0) {
    const name = random.pick(Object.keys(OTHER_TOKENS));
    return [name, OTHER_TOKENS[name](world)];
  }
  if (kind === 1)
    return ['no right to it', world.acme.sign(world.acme.claims({ scope: random.pick(WITHOUT_THE_RIGHT) }))];
  const names = Array.from({ length: 1 + random.below(3) }, () => random.pick(Object.keys(DEVIATIONS)));
  // One claim set has one value for each claim: the first deviation is kept whole.
  const changes = names.reverse().reduce((all, name) => ({ ...all, ...DEVIATIONS[name](random, world) }), {});
  return [names.at(-1), world.acme.sign({ ...world.acme.claims(), ...changes })];
}
