import { each, named, Rule } from './case.js';

/** Names under which some verifier somewhere has taken a token that its issuer did not sign. */
const FOREIGN = {
  HS256: 'HS256',
  HS384: 'HS384',
  HS512: 'HS512',
  RS256: 'RS256',
  PS256: 'PS256',
  ES384: 'ES384',
  ES256K: 'ES256K',
  Ed25519: 'Ed25519',
  Ed448: 'Ed448',
  'ML-DSA-44': 'ML-DSA-44',
  'RSA-OAEP': 'RSA-OAEP',
  dir: 'dir',
  PBES2: 'PBES2-HS256+A128KW',
  'none-in-capitals': 'NONE',
  'lower-case': 'es256',
  'mixed-case': 'Es256',
  'space-behind': 'ES256 ',
  'space-before': ' ES256',
  'nul-behind': 'ES256\u0000',
  'two-in-one-text': 'ES256,none',
  'empty-text': '',
  'by-its-hash': 'SHA256withECDSA',
  'by-its-url': 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
  'prototype-name': '__proto__',
  'constructor-name': 'constructor',
};

export default [
  new Rule('header', 'alg', 'RFC 7515 §4.1.1; RFC 7518 §3; RFC 8725 §2.1, §3.1')
    .illegal('algorithm_refused', {
      ...named(
        'says',
        each(FOREIGN, alg => ({ header: { alg } })),
      ),
      'none-unsigned': { header: { alg: 'none' }, compact: '{header}.{claims}.' },
      'none-with-a-signature': { header: { alg: 'none' } },
      'public-key-as-a-secret': { header: { alg: 'HS256' }, by: 'HS256' },
      'public-key-of-rsa-as-a-secret': { issuer: 'legacy', header: { alg: 'HS256' }, by: 'HS256' },
      'really-another-algorithm-of-the-key-type': { issuer: 'legacy', header: { alg: 'RS384' }, by: 'RS384' },
      'really-pss-where-pkcs1-is-configured': { issuer: 'legacy', header: { alg: 'PS256' }, by: 'PS256' },
    })
    .illegal('token_malformed', {
      missing: { withoutHeader: ['alg'] },
      ...each({ null: null, number: 256, true: true, list: ['ES256'], object: { alg: 'ES256' } }, alg => ({
        header: { alg },
      })),
      ...named(
        'none-in-other-letters',
        each({ mixed: 'None', capitals: 'NONE', odd: 'nOnE', 'space-behind': 'none ' }, alg => ({
          header: { alg },
          compact: '{header}.{claims}.',
        })),
      ),
      'missing-and-unsigned': { withoutHeader: ['alg'], compact: '{header}.{claims}.' },
      'signature-missing': { compact: '{header}.{claims}.' },
    }),
  new Rule('header', 'kid', 'RFC 7515 §4.1.4; RFC 7517 §4.5')
    .illegal('token_malformed', {
      ...each({ null: null, number: 1, true: true, list: ['a'], object: { kid: 'a' } }, kid => ({ header: { kid } })),
    })
    .illegal('key_unknown', {
      ...each(
        {
          another: 'c',
          'empty-text': '',
          'other-case': 'A',
          'space-behind': 'a ',
          'nul-behind': 'a\u0000',
          longer: 'aa',
          path: '../../../../dev/null',
          query: "a' UNION SELECT 'key",
          url: 'https://keys.example/a',
          'prototype-name': '__proto__',
          'to-string-name': 'toString',
          'number-of-a-place-in-the-list': '0',
          thumbprint: '{jkt}',
          'of-2000': { $repeat: 'k', $times: 2000 },
        },
        kid => ({ header: { kid } }),
      ),
      'missing-where-two-keys-fit': { withoutHeader: ['kid'] },
    })
    .illegal('signature_invalid', {
      'of-another-key': { header: { kid: 'b' } },
      'of-its-own-key-under-the-name-of-another': { key: 'b' },
    })
    .legal({ 'of-a-second-key': { header: { kid: 'b' }, key: 'b' } }),
];
