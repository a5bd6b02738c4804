import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type PublicJwk } from 'execution-identity';
import { rocaKey } from './roca-key.js';
import { type Json } from './rules/case.js';
import { newKeyPair } from '../../support/key-pair.js';

const ec = (namedCurve: string) => () => newKeyPair('ec', { namedCurve }).privateKey;
const rsa = (modulusLength: number, publicExponent?: number) => () =>
  newKeyPair('rsa', { modulusLength, ...(publicExponent && { publicExponent }) }).privateKey;

const MAKERS: Readonly<Record<string, () => KeyObject>> = {
  a: ec('P-256'),
  b: ec('P-256'),
  stranger: ec('P-256'),
  /** The client that tokens with `cnf` are bound to. */
  client: ec('P-256'),
  p384: ec('P-384'),
  p521: ec('P-521'),
  secp256k1: ec('secp256k1'),
  ed25519: () => newKeyPair('ed25519').privateKey,
  ed448: () => newKeyPair('ed448').privateKey,
  x25519: () => newKeyPair('x25519').privateKey,
  rsa: rsa(2048),
  'rsa-2': rsa(2048),
  'rsa-3072': rsa(3072),
  'rsa-65539': rsa(2048, 65_539),
  'rsa-3': rsa(2048, 3),
  'rsa-17': rsa(2048, 17),
  'rsa-1024': rsa(1024),
  'rsa-2040': rsa(2040),
  roca: () => createPrivateKey({ key: rocaKey(), format: 'jwk' }),
};
const made = new Map<string, KeyObject>();

/** A private key of this run, by the name that recipes give it. It is made when it is first needed, and never written down. */
export function privateKey(name: string): KeyObject {
  const key = made.get(name) ?? MAKERS[name]!();
  made.set(name, key);
  return key;
}

const publicJwk = (name: string): PublicJwk => {
  const { kty, crv, x, y, n, e } = privateKey(name).export({ format: 'jwk' });
  return JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as PublicJwk;
};

/** Keys as a recipe has them: members with `from` are keys of this run, with their own members over it, and so many `times`. */
export function jwksOf(keys: readonly Json[]): Json[] {
  return keys.flatMap(value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !('from' in value)) return [value];
    const { from, private: isPrivate, without, times = 1, ...members } = value as Record<string, any>;
    const jwk = { ...(isPrivate ? privateKey(from).export({ format: 'jwk' }) : publicJwk(from)), ...members };
    for (const name of without ?? []) delete jwk[name as keyof typeof jwk];
    return Array.from({ length: times }, (_, i) => ({
      ...jwk,
      ...(times > 1 && { kid: jwk.kid.replace('#', `${i}`) }),
    }));
  });
}
