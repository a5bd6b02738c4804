import { type KeyObject } from 'node:crypto';
import { KeySet } from './jwk-set.js';
import { newKeyPair } from '../key-pair.js';

const ec = newKeyPair();
const ed = newKeyPair('ed25519');
const rsa = (modulusLength: number, publicExponent = 65_537): KeyObject =>
  newKeyPair('rsa', { modulusLength, publicExponent }).publicKey;
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
    ['a point off its curve', jwk(ec.publicKey, { y: jwk(newKeyPair().publicKey) })],
    ['a key for key agreement', jwk(newKeyPair('x25519').publicKey)],
    ['a key on a curve of no algorithm', jwk(newKeyPair('ed448').publicKey)],
    ['a curve that is no text', jwk(ec.publicKey, { crv: { toString: 'x' } })],
    ['a text', 'key'],
  ])('leaves out %s, and keeps the others', (_what, key) => {
    expect(keySet(key)).toBeUndefined();
    expect(keySet(key, jwk(ed.publicKey))?.select({ alg: 'EdDSA' })).toBeDefined();
  });

  it('uses no key whose algorithm is no text', () => {
    const keys = keySet(jwk(ed.publicKey, { alg: { toString: 'x' } }), jwk(ed.publicKey, { alg: 7 }))!;
    expect(keys.select({ alg: 'EdDSA' })).toBeUndefined();
  });

  it('takes a member that is null for one that is not there', () => {
    const absent = { alg: null, use: null, key_ops: null };
    const keys = keySet(jwk(ec.publicKey, { ...absent, kid: 'e' }), jwk(ed.publicKey, { ...absent, kid: null }))!;
    expect(keys.select({ alg: 'ES256', kid: 'e' })?.equals(ec.publicKey)).toBe(true);
    expect(keys.select({ alg: 'EdDSA' })?.equals(ed.publicKey)).toBe(true);
    expect(keys.select({ alg: 'EdDSA', kid: 'null' })).toBeUndefined();
  });

  it('takes a key whose private members are null for the public one that it is', () => {
    const nothing = { d: null, p: null, q: null, dp: null, dq: null, qi: null, oth: null, k: null, x5c: [] };
    const key = rsa(2048);
    expect(
      keySet(jwk(key, { ...nothing, kid: 'r' }))!
        .select({ alg: 'RS256', kid: 'r' })
        ?.equals(key),
    ).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ['metadata in place of keys', { issuer: 'x', jwks_uri: 'https://as.test/jwks' }, 'the keys are at its "jwks_uri"'],
    ['certificates by their kid', { k1: '-----BEGIN CERTIFICATE-----' }, 'It is no JWK Set (RFC 7517 §5)'],
    ['no key', { keys: [] }, 'The set has no key'],
    ['too many keys', { keys: Array.from({ length: 1001 }, () => ({})) }, 'The set has more than 1000 keys'],
    [
      'keys that cannot be used',
      {
        keys: [
          { kty: 'oct', k: 'AAAA', kid: 'a' },
          jwk(rsa(2048), { use: 'enc', kid: 'b\n' }),
          jwk(rsa(1024), { kid: 'c' }),
          { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA' },
          jwk(ec.publicKey, { key_ops: ['sign'], kid: 'e' }),
          'f',
        ],
      },
      'a is private or symmetric; b\\u{a} has a "use" other than "sig"; c is too weak: of RSA below 2048 bits, with a small or a huge exponent, or of the ROCA kind; one without kid is neither of RSA nor on a curve that is accepted; e has "key_ops" without "verify".',
    ],
  ])('says of %s why there is none', (_what, document, why) => {
    expect(KeySet.from(document)).toBeUndefined();
    expect(KeySet.whyNone(document)).toContain(why);
  });

  it('tells keys of one kid apart by their kind and by their algorithm', () => {
    const [one, two] = [rsa(2048), rsa(2048)];
    const keys = keySet(
      jwk(ec.publicKey, { kid: 'same' }),
      jwk(one, { kid: 'same', alg: 'RS256' }),
      jwk(two, { kid: 'same', alg: 'RS384' }),
      jwk(one, { kid: 'same', alg: 'RS512' }),
    )!;
    const select = (alg: string) => keys.select({ alg, kid: 'same' });
    expect(select('ES256')?.equals(ec.publicKey)).toBe(true);
    expect(select('RS256')?.equals(one)).toBe(true);
    expect(select('RS384')?.equals(two)).toBe(true);
    expect(select('RS512')?.equals(one)).toBe(true);
    expect(select('PS256')).toBeUndefined();
    expect(select('ES384')).toBeUndefined();
  });

  it('does not guess among several keys that fit, with a kid or without one', () => {
    const [one, two] = [rsa(2048), rsa(2048)];
    for (const kid of ['same', undefined])
      for (const alg of ['RS256', undefined]) {
        const keys = keySet(jwk(one, { kid, alg }), jwk(two, { kid }), jwk(ed.publicKey, { kid: 'other' }))!;
        expect(keys.select({ alg: 'RS256', kid })).toBeUndefined();
        expect(keys.select({ alg: 'EdDSA', kid: 'other' })).toBeDefined();
      }
  });

  it('takes a key that is listed twice for the one that it is', () => {
    const one = rsa(2048);
    const keys = keySet(jwk(one, { kid: 'same' }), jwk(one, { kid: 'same', alg: 'RS256' }))!;
    expect(keys.select({ alg: 'RS256', kid: 'same' })?.equals(one)).toBe(true);
  });

  it.each(['EdDSA', 'Ed25519', undefined])(
    'verifies EdDSA and Ed25519, which are one, by an Ed25519 key whose alg is %s',
    own => {
      const keys = keySet(jwk(ed.publicKey, { kid: 'e', alg: own }), jwk(ec.publicKey, { kid: 'e' }))!;
      for (const alg of ['EdDSA', 'Ed25519']) expect(keys.select({ alg, kid: 'e' })?.equals(ed.publicKey)).toBe(true);
    },
  );

  it('uses no Ed25519 key whose alg is of another kind, or one of these names for another key', () => {
    expect(keySet(jwk(ed.publicKey, { kid: 'e', alg: 'ES256' }))!.select({ alg: 'EdDSA', kid: 'e' })).toBeUndefined();
    expect(keySet(jwk(ec.publicKey, { kid: 'e', alg: 'EdDSA' }))!.select({ alg: 'ES256', kid: 'e' })).toBeUndefined();
  });

  it.each([null, {}, { keys: {} }, [], 'keys'])('is nothing when the document is %j', document => {
    expect(KeySet.from(document)).toBeUndefined();
  });
});
