import { type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { decide } from '../policy/decide.js';
import { EieError } from '../errors.js';
import { DEFAULT_CLAIM_PATHS, type IssuerPolicy } from './issuer-policy.js';
import { staticKeys } from './static-keys.js';
import { verifyAccessToken } from './verify-access-token.js';
import { newKeyPair } from '../key-pair.js';

const NOW = 1_800_000_000;
const [ISSUER, AUDIENCE, TOLERATED] = ['https://as.test', 'https://mcp.test', 'https://as.test/userinfo'];
/** All of them in `npm run test:long`. */
const EDITED_TOKENS = process.env.TEST_LONG ? 30_000 : 5_000;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ORDER_OF_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const pairs = {
  ES256: newKeyPair(),
  RS256: newKeyPair('rsa', { modulusLength: 2048 }),
  EdDSA: newKeyPair('ed25519'),
};
type Algorithm = keyof typeof pairs;
const jwk = (alg: Algorithm) => ({ ...pairs[alg].publicKey.export({ format: 'jwk' }), kid: alg, alg, use: 'sig' });

const policy: IssuerPolicy = {
  issuer: ISSUER,
  keys: staticKeys({ keys: (Object.keys(pairs) as Algorithm[]).map(jwk) }),
  algorithms: ['ES256', 'RS256', 'EdDSA'],
  audience: [AUDIENCE],
  toleratedAudiences: [TOLERATED],
  maxLifetime: 3600,
  claims: DEFAULT_CLAIM_PATHS,
  acceptsDpop: false,
  tenants: ['acme', 'globex'],
  user: { claim: 'sub_profile', values: ['user'] },
  agents: new Map(),
};

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function signed(changes: object = {}, alg: Algorithm = 'ES256'): string {
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'alice',
    client_id: 'app',
    sub_profile: 'user',
    tenant: 'acme',
    scope: 'a b',
    iat: NOW - 10,
    exp: NOW + 60,
    ...changes,
  };
  const input = `${part({ alg, typ: 'at+jwt', kid: alg })}.${part(claims)}`;
  const key: { key: KeyObject; dsaEncoding: 'ieee-p1363' } = { key: pairs[alg].privateKey, dsaEncoding: 'ieee-p1363' };
  return `${input}.${sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), key).toString('base64url')}`;
}

const IDENTITY = {
  actor: { type: 'user', issuer: ISSUER, sub: 'alice' },
  agent: { type: 'mcp_agent', issuer: ISSUER, id: 'app', client_id: 'app', source: 'client', chain: [] },
} as const;

const verify = (token: string) => verifyAccessToken(token, new Map([[ISSUER, policy]]), NOW);

/** Refused by a reason of ours, and not by a failure. */
const isRefused = (token: string): Promise<boolean> =>
  verify(token).then(
    () => false,
    (error: unknown) => error instanceof EieError,
  );

const tokens = (Object.keys(pairs) as Algorithm[]).flatMap(alg => [
  signed({}, alg),
  signed({ sub: 'bob', scope: 'c' }, alg),
]);

type Edit = (token: string) => string;
const at = fc.nat(2000);
const letter = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...ALPHABET) },
  { weight: 1, arbitrary: fc.constantFrom(...'=.+/ ~\t\n\0\u00e9\u2028') },
);

/** Texts near a genuine token: characters replaced, added, removed, exchanged, bits flipped, parts taken from another token. */
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(at, letter).map(
    ([i, c]): Edit =>
      token =>
        token.slice(0, i % token.length) + c + token.slice((i % token.length) + 1),
  ),
  fc.tuple(at, letter).map(
    ([i, c]): Edit =>
      token =>
        token.slice(0, i % (token.length + 1)) + c + token.slice(i % (token.length + 1)),
  ),
  fc.tuple(at, fc.integer({ min: 1, max: 4 })).map(
    ([i, count]): Edit =>
      token =>
        token.slice(0, i % token.length) + token.slice((i % token.length) + count),
  ),
  fc.tuple(at, fc.nat(6)).map(
    ([i, bit]): Edit =>
      token =>
        token.slice(0, i % token.length) +
        String.fromCharCode(token.charCodeAt(i % token.length) ^ (1 << bit)) +
        token.slice((i % token.length) + 1),
  ),
  fc.tuple(fc.nat(2), letter).map(
    ([i, c]): Edit =>
      token =>
        token
          .split('.')
          .map((text, index) => (index === i ? text.slice(0, -1) + c : text))
          .join('.'),
  ),
  fc.tuple(fc.nat(2), fc.constantFrom(...tokens)).map(
    ([i, other]): Edit =>
      token =>
        token
          .split('.')
          .map((text, index) => (index === i ? other.split('.')[i] : text))
          .join('.'),
  ),
  letter.map(
    (c): Edit =>
      token =>
        token + c,
  ),
  letter.map(
    (c): Edit =>
      token =>
        c + token,
  ),
);

describe('a token that is not byte for byte the one that was issued', () => {
  it('is accepted in its own spelling', async () => {
    for (const token of tokens) expect(await verify(token)).toMatchObject({ issuer: ISSUER });
  });

  it(`is refused, in each of ${EDITED_TOKENS} spellings`, async () => {
    const spelling = fc
      .tuple(fc.constantFrom(...tokens), fc.array(edit, { minLength: 1, maxLength: 3 }))
      .map(([token, edits]) => edits.reduce((text, change) => change(text || 'x'), token));
    await fc.assert(
      fc.asyncProperty(spelling, async text => {
        fc.pre(!tokens.includes(text));
        return isRefused(text);
      }),
      { numRuns: EDITED_TOKENS, seed: 2026 },
    );
  });

  // Whoever holds (r, s) can write (r, n - s) without the key, and issuers use both: nobody can refuse it. So nothing may
  // be remembered or revoked by the bytes of a token alone.
  it('is the same token in the second form of its ECDSA signature', async () => {
    const [header, claims, signature] = tokens[0]!.split('.');
    const bytes = Buffer.from(signature!, 'base64url');
    const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
    const twin = Buffer.concat([
      bytes.subarray(0, 32),
      Buffer.from((ORDER_OF_P256 - s).toString(16).padStart(64, '0'), 'hex'),
    ]).toString('base64url');
    expect(await verify(`${header}.${claims}.${twin}`)).toEqual(await verify(tokens[0]!));
  });
});

/** Any JSON, and often a value that is nearly right. */
const near = (...values: unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: fc.jsonValue() });

const RUNS = { numRuns: process.env.TEST_LONG ? 2000 : 500, seed: 2026 };
const agrees = (
  claims: fc.Arbitrary<Record<string, unknown>>,
  isAllowed: (claims: Record<string, unknown>) => boolean,
) =>
  fc.assert(
    fc.asyncProperty(claims, async changes => (await isRefused(signed(changes))) === !isAllowed(changes)),
    RUNS,
  );

describe('what a signed token says is accepted exactly when policy allows', () => {
  const audiences = near(
    AUDIENCE,
    TOLERATED,
    `${AUDIENCE}/`,
    AUDIENCE.toUpperCase(),
    'https://mcp.tes',
    'https://other.test',
    `${AUDIENCE} `,
    null,
    '',
    7,
  );

  it('its audience', async () => {
    const aud = fc.oneof(audiences, fc.array(audiences, { maxLength: 4 }));
    await agrees(fc.record({ aud }), ({ aud }) => {
      const named: unknown[] = Array.isArray(aud) ? aud : [aud];
      const isOurs = (one: unknown): boolean => one === AUDIENCE || one === `${AUDIENCE}/`;
      return named.some(isOurs) && named.every(one => isOurs(one) || one === TOLERATED);
    });
  });

  it('its issuer', () =>
    agrees(
      fc.record({
        iss: near(ISSUER, `${ISSUER}/`, `${ISSUER}#`, ISSUER.toUpperCase(), [ISSUER], 'https://as.tes', ''),
      }),
      ({ iss }) => iss === ISSUER,
    ));

  it('its tenant', () =>
    agrees(
      fc.record({ tenant: near('acme', 'globex', 'ACME', 'acme ', 'other', ['acme'], '', null, undefined) }),
      ({ tenant }) => tenant === 'acme' || tenant === 'globex',
    ));

  it('its times', async () => {
    const time = fc.oneof(
      fc.integer({ min: NOW - 4000, max: NOW + 4000 }),
      near(NOW, NOW + 1, NOW + 30, NOW + 31, String(NOW), null, 1e308, -1),
    );
    await agrees(
      fc.record({ exp: time, iat: time, nbf: fc.option(time, { nil: undefined }) }),
      ({ exp, iat, nbf }) =>
        [exp, iat, nbf ?? 0].every(one => typeof one === 'number' && one >= 0) &&
        Number(exp) > NOW &&
        Number(iat) <= NOW + 30 &&
        Number(nbf ?? 0) <= NOW + 30 &&
        Number(exp) - Number(iat) <= 3600,
    );
  });

  it('its scopes, by the requirement of a handler', async () => {
    const scope = fc.constantFrom('a', 'b', 'c', 'A', 'a:b', 'ab');
    await fc.assert(
      fc.asyncProperty(fc.array(scope), fc.array(scope, { minLength: 1, maxLength: 3 }), async (held, needed) => {
        const { scopes } = await verify(signed({ scope: held.length ? held.join(' ') : undefined }));
        const refusal = await decide(
          { ...IDENTITY, authorization: { scopes, confidence: 'verified' } },
          { kind: 'protected', requirements: [{ kind: 'all_scopes', scopes: needed }] },
          'tool',
        );
        return (refusal === undefined) === needed.every(one => held.includes(one));
      }),
      RUNS,
    );
  });
});
