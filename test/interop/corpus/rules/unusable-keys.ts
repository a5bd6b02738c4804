import { each, type Json, named, type Recipe, Rule } from './case.js';

interface Unusable {
  /** As it stands in the set, without its `kid`. */
  readonly jwk: object;
  /** What the token is signed with: by default the key of that JWK. */
  readonly by?: Recipe;
}

const RS256 = (key: string): Recipe => ({ key, header: { alg: 'RS256' } });

/** Keys by which nobody is let in, whatever they sign. */
const UNUSABLE: Readonly<Record<string, Unusable>> = {
  'private-ec': { jwk: { from: 'a', private: true } },
  'private-rsa': { jwk: { from: 'rsa', private: true }, by: RS256('rsa') },
  'private-edwards': { jwk: { from: 'ed25519', private: true }, by: { key: 'ed25519', header: { alg: 'EdDSA' } } },
  'private-member-empty': { jwk: { from: 'a', d: '' } },
  'private-member-of-another-type': { jwk: { from: 'a', k: 'AAAA' } },
  symmetric: { jwk: { kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0' } },
  'symmetric-for-HS256': { jwk: { kty: 'oct', alg: 'HS256', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0' } },
  'rsa-of-1024': { jwk: { from: 'rsa-1024' }, by: RS256('rsa-1024') },
  'rsa-of-2040': { jwk: { from: 'rsa-2040' }, by: RS256('rsa-2040') },
  'rsa-with-exponent-3': { jwk: { from: 'rsa-3' }, by: RS256('rsa-3') },
  'rsa-with-exponent-17': { jwk: { from: 'rsa-17' }, by: RS256('rsa-17') },
  'rsa-with-exponent-1': { jwk: { from: 'rsa', e: 'AQ' }, by: RS256('rsa') },
  'rsa-with-a-huge-exponent': { jwk: { from: 'rsa', e: '_'.repeat(2000) }, by: RS256('rsa') },
  'rsa-of-the-roca-kind': { jwk: { from: 'roca' }, by: RS256('roca') },
  'rsa-without-modulus': { jwk: { from: 'rsa', without: ['n'] }, by: RS256('rsa') },
  'rsa-without-exponent': { jwk: { from: 'rsa', without: ['e'] }, by: RS256('rsa') },
  'rsa-modulus-empty': { jwk: { from: 'rsa', n: '' }, by: RS256('rsa') },
  'rsa-modulus-number': { jwk: { from: 'rsa', n: 65_537 }, by: RS256('rsa') },
  'rsa-modulus-list': { jwk: { from: 'rsa', n: ['AQAB'] }, by: RS256('rsa') },
  'ec-without-x': { jwk: { from: 'a', without: ['x'] } },
  'ec-without-y': { jwk: { from: 'a', without: ['y'] } },
  'ec-without-curve': { jwk: { from: 'a', without: ['crv'] } },
  'ec-off-the-curve': { jwk: { from: 'a', y: 'A'.repeat(43) } },
  'ec-point-zero': { jwk: { from: 'a', x: 'A'.repeat(43), y: 'A'.repeat(43) } },
  'ec-coordinate-number': { jwk: { from: 'a', x: 1 } },
  'ec-coordinate-null': { jwk: { from: 'a', x: null } },
  'ec-curve-by-its-other-name': { jwk: { from: 'a', crv: 'prime256v1' } },
  'ec-curve-in-lower-case': { jwk: { from: 'a', crv: 'p-256' } },
  'ec-curve-of-a-longer-key': { jwk: { from: 'a', crv: 'P-384' } },
  'ec-curve-null': { jwk: { from: 'a', crv: null } },
  'edwards-without-x': { jwk: { from: 'ed25519', without: ['x'] }, by: { key: 'ed25519', header: { alg: 'EdDSA' } } },
  'edwards-x-too-short': { jwk: { from: 'ed25519', x: 'AAAA' }, by: { key: 'ed25519', header: { alg: 'EdDSA' } } },
  'edwards-448': { jwk: { from: 'ed448' } },
  'ec-of-bitcoin': { jwk: { from: 'secp256k1' }, by: { key: 'secp256k1' } },
  'edwards-for-key-agreement': { jwk: { from: 'x25519' } },
  'post-quantum': { jwk: { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' } },
  'key-type-missing': { jwk: { from: 'a', without: ['kty'] } },
  'key-type-in-lower-case': { jwk: { from: 'a', kty: 'ec' } },
  'key-type-of-another': { jwk: { from: 'a', kty: 'RSA' } },
  'key-type-number': { jwk: { from: 'a', kty: 1 } },
  'key-type-unknown': { jwk: { kty: 'PQC', x: 'AAAA' } },
  'use-encryption': { jwk: { from: 'a', use: 'enc' } },
  'use-in-capitals': { jwk: { from: 'a', use: 'SIG' } },
  'use-empty': { jwk: { from: 'a', use: '' } },
  'use-list': { jwk: { from: 'a', use: ['sig'] } },
  'operations-encrypt': { jwk: { from: 'a', key_ops: ['encrypt'] } },
  'operations-sign-alone': { jwk: { from: 'a', key_ops: ['sign'] } },
  'operations-wrap-and-derive': { jwk: { from: 'a', key_ops: ['wrapKey', 'deriveBits'] } },
  'operations-empty': { jwk: { from: 'a', key_ops: [] } },
  'operations-in-capitals': { jwk: { from: 'a', key_ops: ['VERIFY'] } },
  'operations-encrypt-beside-use-signature': { jwk: { from: 'a', use: 'sig', key_ops: ['encrypt'] } },
  empty: { jwk: {} },
};

/** What stands in sets where a key should. */
const NO_KEYS: Readonly<Record<string, Json>> = {
  null: null,
  text: 'a',
  number: 7,
  true: true,
  list: [{ from: 'a' }],
  certificate: '-----BEGIN CERTIFICATE-----',
};

const GOOD = { from: 'a', kid: 'a' };

export default [
  new Rule('keys', 'unusable-key', 'RFC 7517 §4.2, §4.3, §9.2; RFC 7518 §3.3, §6; RFC 8725 §3.2, §3.5; CVE-2017-15361')
    .illegal(
      'issuer_unavailable',
      named(
        'alone',
        each(UNUSABLE, ({ jwk, by }) => ({ ...by, keys: [{ ...jwk, kid: 'a' }] })),
      ),
    )
    .illegal('key_unknown', {
      ...named(
        'beside-a-good-one',
        each(
          Object.fromEntries(
            Object.entries(UNUSABLE).filter(([name]) =>
              /^(private-(ec|rsa)|symmetric|rsa-(of|with-exponent-3)|ec-off|use-enc|operations-enc|key-type-m)/.test(
                name,
              ),
            ),
          ),
          ({ jwk, by }) => ({
            ...by,
            keys: [
              { ...jwk, kid: 'a' },
              { from: 'b', kid: 'b' },
            ],
          }),
        ),
      ),
    }),
  new Rule('keys', 'keys-of-others', 'RFC 7517 §5: unknown and unsuitable keys are ignored').legal({
    ...named(
      'good-one-behind',
      each(UNUSABLE, ({ jwk }) => ({ keys: [{ ...jwk, kid: 'x' }, GOOD] })),
    ),
    ...named(
      'good-one-before',
      each(NO_KEYS, value => ({ keys: [GOOD, value] })),
    ),
    'good-one-among-all': {
      keys: [...Object.values(UNUSABLE).map(({ jwk }) => ({ ...jwk, kid: 'x' })), ...Object.values(NO_KEYS), GOOD],
    },
    ...named(
      'under-the-same-kid',
      each(
        {
          encryption: { from: 'p384', use: 'enc', kid: 'a' },
          'key-agreement': { from: 'x25519', kid: 'a' },
          symmetric: { kty: 'oct', k: 'c2VjcmV0', kid: 'a' },
          rsa: { from: 'rsa', kid: 'a' },
          'another-curve': { from: 'p384', kid: 'a', alg: 'ES384' },
        },
        other => ({ keys: [other, GOOD] }),
      ),
    ),
  }),
];
