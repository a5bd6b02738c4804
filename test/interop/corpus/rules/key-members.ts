import { each, named, type Recipe, Rule } from './case.js';

const A = { from: 'a', kid: 'a' };
const RSA = { from: 'rsa', kid: 'a' };
const rsa = (alg = 'RS256'): Recipe => ({ key: 'rsa', header: { alg, kid: 'a' } });
const edwards = (alg: string): Recipe => ({ key: 'ed25519', header: { alg, kid: 'a' } });
const EDWARDS = { from: 'ed25519', kid: 'a' };
/** A key of the issuer that has nothing to do with the token. */
const ANOTHER = { from: 'b', kid: 'b' };

/** By which algorithm, with which key. */
const KINDS = {
  ES256: 'a',
  ES384: 'p384',
  ES512: 'p521',
  RS256: 'rsa',
  RS384: 'rsa',
  RS512: 'rsa',
  PS256: 'rsa',
  PS384: 'rsa',
  PS512: 'rsa',
  EdDSA: 'ed25519',
  Ed25519: 'ed25519',
};

export default [
  new Rule('keys', 'members-of-a-key', 'RFC 7517 §4; RFC 7518 §6')
    .legal({
      ...named(
        'key-type-alone-for',
        each(KINDS, (from, alg) => ({ key: from, header: { alg }, withoutHeader: ['kid'], keys: [{ from }] })),
      ),
      ...each(
        {
          'with-kid-null-where-the-token-has-none': [
            { from: 'a', kid: null },
            { from: 'rsa', kid: null },
          ],
          'without-kid-where-the-token-has-none': [{ from: 'a', alg: 'ES256', use: 'sig' }],
          'with-a-kid-that-the-token-lacks': [{ ...A, alg: 'ES256' }],
        },
        keys => ({ withoutHeader: ['kid'], keys }),
      ),
      ...each<object>(
        {
          'without-alg': { use: 'sig' },
          'without-use': { alg: 'ES256' },
          'members-that-are-null': { alg: null, use: null, key_ops: null, x5c: null },
          'private-members-that-are-null': {
            d: null,
            p: null,
            q: null,
            dp: null,
            dq: null,
            qi: null,
            oth: null,
            k: null,
          },
          'operations-verify': { key_ops: ['verify'] },
          'operations-sign-and-verify': { key_ops: ['sign', 'verify'] },
          'operations-that-nobody-knows': { key_ops: ['verify', 'urn:x'] },
          'use-and-operations': { use: 'sig', key_ops: ['verify'] },
          extractable: { ext: true },
          'certificate-chain': { x5c: ['MIIB'], x5t: 'x', 'x5t#S256': 'y', x5u: 'https://keys.example/a.pem' },
          dates: { iat: 1, nbf: 1, exp: 1 },
          'members-of-a-company': { issuer: 'https://x.example', cloud_instance_name: 'x', 'urn:x': {}, revoked: null },
          'rsa-members-in-an-ec-key': { n: 'AQAB', e: 'AQAB' },
        },
        more => ({ keys: [{ ...A, ...more }] }),
      ),
      ...named(
        'kid',
        each(
          {
            'empty-text': '',
            unicode: 'schlüssel-鍵',
            url: 'https://keys.example/a#1',
            'with-spaces': ' a b ',
            'with-line-break': 'a\nb',
            'prototype-name': '__proto__',
            'of-1000': 'k'.repeat(1000),
            digits: '0',
          },
          kid => ({ header: { kid }, keys: [{ from: 'a', kid }, ANOTHER] }),
        ),
      ),
      'edwards-key-EdDSA-token-Ed25519': { ...edwards('Ed25519'), keys: [{ ...EDWARDS, alg: 'EdDSA' }] },
      'edwards-key-Ed25519-token-EdDSA': { ...edwards('EdDSA'), keys: [{ ...EDWARDS, alg: 'Ed25519' }] },
      'edwards-key-Ed25519-token-Ed25519': { ...edwards('Ed25519'), keys: [{ ...EDWARDS, alg: 'Ed25519' }] },
      'edwards-key-without-alg': { ...edwards('EdDSA'), keys: [{ ...EDWARDS, use: 'sig' }] },
      'rsa-of-3072': { key: 'rsa-3072', header: { alg: 'PS512' }, keys: [{ from: 'rsa-3072', kid: 'a' }] },
      'rsa-with-another-exponent': {
        key: 'rsa-65539',
        header: { alg: 'RS256' },
        keys: [{ from: 'rsa-65539', kid: 'a' }],
      },
      'rsa-key-for-PS256': { ...rsa('PS256'), keys: [{ ...RSA, alg: 'PS256' }] },
    })
    .illegal('key_unknown', {
      ...named(
        'alg',
        each(
          {
            'of-another-curve': 'ES384',
            symmetric: 'HS256',
            'of-key-agreement': 'ECDH-ES',
            none: 'none',
            'empty-text': '',
            'in-lower-case': 'es256',
            number: 256,
            list: ['ES256'],
          },
          alg => ({ keys: [{ ...A, alg }] }),
        ),
      ),
      'alg-of-another-hash': { ...rsa('RS256'), keys: [{ ...RSA, alg: 'RS512' }] },
      'alg-of-another-padding': { ...rsa('RS256'), keys: [{ ...RSA, alg: 'PS256' }] },
      'alg-of-encryption': { ...rsa('RS256'), keys: [{ ...RSA, alg: 'RSA-OAEP-256' }] },
      ...named(
        'kid',
        each(
          { missing: undefined, another: 'x', 'in-capitals': 'A', number: 1, list: ['a'], 'not-there-but-empty': '' },
          kid => ({
            keys: [{ from: 'a', ...(kid !== undefined && { kid }) }],
          }),
        ),
      ),
      'kid-number-that-prints-alike': { header: { kid: '1' }, keys: [{ from: 'a', kid: 1 }] },
      'curve-that-the-token-does-not-name': { key: 'p384', by: 'ES384', keys: [{ from: 'p384', kid: 'a' }] },
      'curve-of-the-same-size': { key: 'secp256k1', keys: [{ from: 'secp256k1', kid: 'a' }, ANOTHER] },
      'key-type-of-another': { keys: [RSA] },
      'edwards-for-an-ec-token': { keys: [EDWARDS] },
      'ed448-for-edwards': {
        key: 'ed448',
        by: 'EdDSA',
        header: { alg: 'EdDSA' },
        keys: [{ from: 'ed448', kid: 'a' }, ANOTHER],
      },
    })
    .illegal('signature_invalid', {
      'kid-of-a-key-of-a-stranger': { keys: [{ from: 'stranger', kid: 'a' }] },
      'rsa-of-a-stranger': { ...rsa(), keys: [{ from: 'rsa-2', kid: 'a' }] },
      'key-signs-pss-token-says-pkcs1': { ...rsa('RS256'), by: 'PS256', keys: [RSA] },
      'key-signs-sha512-token-says-sha256': { ...rsa('RS256'), by: 'RS512', keys: [RSA] },
    }),
];
