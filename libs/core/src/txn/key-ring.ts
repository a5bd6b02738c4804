import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { EieConfigurationError } from '../errors.js';

export type SealAlgorithm = 'ES256' | 'EdDSA';

export interface SealingKey {
  readonly kid: string;
  readonly alg: SealAlgorithm;
  readonly key: KeyObject;
}

/** The keys that seal envelopes: the first signs, all are published, so a successor can be announced before it is used. */
export class KeyRing {
  private constructor(
    readonly current: SealingKey,
    readonly jwks: { readonly keys: readonly JWK[] },
  ) {}

  /**
   * @param keys private JWKs, EC P-256 or Ed25519. A key without `kid` gets its RFC 7638 thumbprint.
   * @throws EieConfigurationError naming the key that cannot be used
   */
  static async from(keys: readonly JWK[]): Promise<KeyRing> {
    const imported = await Promise.all(keys.map(importKey));
    const [first] = imported;
    if (!first)
      throw new EieConfigurationError(
        'signing.keys is empty: give at least one private JWK, or "ephemeral" for development.',
      );
    if (new Set(imported.map(one => one.sealing.kid)).size !== imported.length) {
      throw new EieConfigurationError('signing.keys has two keys of one kid: give each its own.');
    }
    return new KeyRing(first.sealing, { keys: imported.map(one => one.published) });
  }

  /** A key that dies with the process: what it sealed cannot be verified after a restart, nor by another instance. */
  static ephemeral(): Promise<KeyRing> {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return KeyRing.from([privateKey.export({ format: 'jwk' })]);
  }
}

async function importKey(jwk: JWK, index: number): Promise<{ sealing: SealingKey; published: JWK }> {
  const alg =
    jwk.kty === 'EC' && jwk.crv === 'P-256'
      ? 'ES256'
      : jwk.kty === 'OKP' && jwk.crv === 'Ed25519'
        ? 'EdDSA'
        : undefined;
  if (!alg || typeof jwk.d !== 'string') {
    throw new EieConfigurationError(`signing.keys[${index}] must be a private EC P-256 or Ed25519 JWK.`);
  }
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    throw new EieConfigurationError(`signing.keys[${index}] cannot be read as a private key.`);
  }
  const published = createPublicKey(key).export({ format: 'jwk' }) as JWK;
  const kid = jwk.kid ?? (await calculateJwkThumbprint(published));
  return { sealing: { kid, alg, key }, published: { ...published, kid, alg, use: 'sig' } };
}
