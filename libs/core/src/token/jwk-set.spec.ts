import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { KeySet } from './jwk-set.js';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const rsa = (modulusLength: number, publicExponent = 65_537): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey;
const jwk = (key: KeyObject, extra: object = {}): object => ({ ...key.export({ format: 'jwk' }), ...extra });
const keySet = (...keys: unknown[]): KeySet | undefined => KeySet.from({ keys });

describe('a key set', () => {
  it('has a key for each algorithm of its kind, and none for another', () => {
    const keys = keySet(
      jwk(ec.publicKey, { kid: 'ec' }),
      jwk(ed.publicKey, { kid: 'ed' }),
      jwk(rsa(2048), { kid: 'rsa' }),
    )!;
    const fits = (alg: string): string[] => ['ec', 'ed', 'rsa'].filter(kid => keys.select({ alg, kid }));
    expect(
      Object.fromEntries(
        ['RS256', 'RS512', 'PS256', 'PS384', 'ES256', 'ES384', 'EdDSA', 'Ed25519', 'HS256', 'none', 'constructor'].map(
          alg => [alg, fits(alg)],
        ),
      ),
    ).toEqual({
      RS256: ['rsa'],
      RS512: ['rsa'],
      PS256: ['rsa'],
      PS384: ['rsa'],
      ES256: ['ec'],
      ES384: [],
      EdDSA: ['ed'],
      Ed25519: ['ed'],
      HS256: [],
      none: [],
      constructor: [],
    });
  });

  it('uses a key for the algorithm it names only', () => {
    const keys = keySet(jwk(rsa(2048), { kid: 'r', alg: 'PS256' }))!;
    expect(keys.select({ alg: 'PS256', kid: 'r' })).toBeDefined();
    expect(keys.select({ alg: 'RS256', kid: 'r' })).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }],
    ['a private key', jwk(ec.privateKey)],
    ['a key with any private member', jwk(ec.publicKey, { d: '' })],
    ['a key for encryption', jwk(ec.publicKey, { use: 'enc' })],
    ['a key that may not verify', jwk(ec.publicKey, { key_ops: ['sign'] })],
    ['RSA below 2048 bits', jwk(rsa(1024))],
    ['RSA with the exponent 3', jwk(rsa(2048, 3))],
    ['RSA with an exponent of more than 64 bits', jwk(rsa(2048), { e: 'AQAAAAAAAAAB' })],
    [
      'a point off its curve',
      jwk(ec.publicKey, { y: jwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey) }),
    ],
    ['a text', 'key'],
  ])('leaves out %s, and keeps the others', (_what, key) => {
    expect(keySet(key)).toBeUndefined();
    expect(keySet(key, jwk(ed.publicKey))?.select({ alg: 'EdDSA' })).toBeDefined();
  });

  it('leaves out every key whose kid another one has', () => {
    const keys = keySet(
      jwk(ec.publicKey, { kid: 'same' }),
      jwk(rsa(2048), { kid: 'same' }),
      jwk(ed.publicKey, { kid: 'other' }),
    )!;
    expect(keys.select({ alg: 'ES256', kid: 'same' })).toBeUndefined();
    expect(keys.select({ alg: 'RS256', kid: 'same' })).toBeUndefined();
    expect(keys.select({ alg: 'EdDSA', kid: 'other' })).toBeDefined();
  });

  it.each([null, {}, { keys: {} }, [], 'keys'])('is nothing when the document is %j', document => {
    expect(KeySet.from(document)).toBeUndefined();
  });
});
