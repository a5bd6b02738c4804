import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  type JWK,
  jwtVerify,
} from 'jose';
import { KeyRing, signByRing } from './key-ring.js';
import { newKeyPair } from '../key-pair.js';

const ec = (extra: object = {}): JWK => ({
  ...newKeyPair().privateKey.export({ format: 'jwk' }),
  ...extra,
});
const ed = (extra: object = {}): JWK => ({
  ...newKeyPair('ed25519').privateKey.export({ format: 'jwk' }),
  ...extra,
});

describe('KeyRing', () => {
  it('signs with the first key and publishes all', async () => {
    const ring = await KeyRing.from([ec({ kid: 'now' }), ed({ kid: 'next' })]);
    const jws = await signByRing(ring, { typ: 'x+jwt', claims: { a: 1 } }, {});
    expect(decodeProtectedHeader(jws)).toEqual({ alg: 'ES256', kid: 'now', typ: 'x+jwt' });
    const { payload } = await jwtVerify(jws, createLocalJWKSet(ring.jwks as JSONWebKeySet));
    expect(payload).toEqual({ a: 1 });
    expect(ring.jwks.keys).toEqual([
      expect.objectContaining({ kid: 'now', alg: 'ES256', use: 'sig' }),
      expect.objectContaining({ kid: 'next', alg: 'EdDSA', use: 'sig' }),
    ]);
  });

  it('publishes public members only', async () => {
    const ring = await KeyRing.from([ec({ kid: 'a', d_note: 'secret' }), ed({ kid: 'b' })]);
    expect(ring.jwks.keys.map(key => Object.keys(key).sort())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
      ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
    ]);
  });

  it('names a key by its thumbprint when it has no kid', async () => {
    const key = ec();
    expect((await KeyRing.from([key])).jwks.keys[0]!.kid).toBe(await calculateJwkThumbprint(key));
  });

  it('makes another key for each process that asks for an ephemeral one', async () => {
    const [one, other] = [await KeyRing.ephemeral(), await KeyRing.ephemeral()];
    expect(one.jwks.keys[0]!.kid).not.toBe(other.jwks.keys[0]!.kid);
  });

  it.each<[string, () => JWK[], RegExp]>([
    ['no key', () => [], /signing\.keys is empty: give at least one private JWK/],
    [
      'a public key',
      () => [ec({ d: undefined })],
      /signing\.keys\[0\] must be a private EC P-256 or Ed25519 JWK.+ It has no "d", so it is the public half\.$/,
    ],
    [
      'a JWK as a text',
      () => [JSON.stringify(ec()) as never],
      /signing\.keys\[0\] .+ give what JSON\.parse\(\) makes of it\.$/,
    ],
    ['a symmetric key', () => [ec(), { kty: 'oct', k: 'AAAA', d: 'x' }], /signing\.keys\[1\] must be a private/],
    [
      'an RSA key',
      () => [newKeyPair('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })],
      /signing\.keys\[0\] must be a private/,
    ],
    [
      'a key of another curve',
      () => [newKeyPair('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' })],
      /signing\.keys\[0\] must be a private/,
    ],
    ['a key that cannot be read', () => [ec({ x: 'x' })], /signing\.keys\[0\] cannot be read as a private key/],
    ['two keys of one kid', () => [ec({ kid: 'a' }), ec({ kid: 'a' })], /two keys of one kid/],
  ])('refuses %s, saying which and why', async (_what, keys, message) => {
    await expect(KeyRing.from(keys())).rejects.toThrow(message);
    await expect(KeyRing.from(keys())).rejects.toMatchObject({ name: 'EieConfigurationError' });
  });
});
