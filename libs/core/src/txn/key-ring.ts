import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { EieConfigurationError } from '../errors.js';
import { localSigner } from './local-signer.js';
import { isSigner, signCompact, type Signer, type SigningContext } from './signer.js';
import { failuresOf, type HealthState } from '../ports/recent-failures.js';
import { SEAL_ALGORITHMS, type SealAlgorithm } from './signature-algorithms.js';
import { testSigner } from './test-signer.js';
import { newKeyPair } from '../key-pair.js';

interface RingKey {
  readonly kid: string;
  /** Absent for a key that is only published. */
  readonly signer: Signer | undefined;
  readonly published: JWK;
}

type SignByRing = (
  ring: KeyRing,
  jws: { readonly typ: string; readonly claims: Readonly<Record<string, unknown>> },
  context: Omit<SigningContext, 'purpose'>,
) => Promise<string>;
let sign: SignByRing;

/**
 * The keys that seal envelopes: the first signs, all are published, so that a successor can be announced before it is used
 * and a predecessor is still believed. All that can be read from a ring is public, and none of its methods signs.
 */
export class KeyRing {
  readonly #signer: Signer;
  readonly #kid: string;
  /** The published key set (RFC 7517). */
  readonly jwks: { readonly keys: readonly JWK[] };

  private constructor(signer: Signer, keys: readonly RingKey[]) {
    this.#signer = signer;
    this.#kid = keys[0]!.kid;
    this.jwks = { keys: keys.map(one => one.published) };
  }

  /** How the key that signs has answered lately. */
  get health(): HealthState {
    return failuresOf(this.#signer).state();
  }

  static {
    sign = (ring, { typ, claims }, context) =>
      signCompact(ring.#signer, { header: { kid: ring.#kid, typ }, claims }, { ...context, purpose: 'envelope' });
  }

  /**
   * @param keys signers, and JWKs of EC P-256 or Ed25519 keys. The first one signs, so it must be a signer or a private JWK. A
   * public JWK after it is only published. A key without `kid` gets its RFC 7638 thumbprint. Every key that can sign is tested
   * @throws EieConfigurationError naming the key that cannot be used
   * @example const ring = await KeyRing.from([signerOfKms, previousPublicJwk]);
   */
  static async from(keys: readonly (JWK | Signer)[]): Promise<KeyRing> {
    const read = await Promise.all(keys.map(readKey));
    if (new Set(read.map(one => one.kid)).size !== read.length)
      throw new EieConfigurationError('signing.keys has two keys of one kid: give each its own.');
    const signer = read[0]?.signer;
    if (!signer)
      throw new EieConfigurationError(
        'signing.keys is empty: give at least one private JWK or a signer, or "ephemeral" for development.',
      );
    return new KeyRing(signer, read);
  }

  /** A key that dies with the process: what it sealed cannot be verified after a restart, nor by another instance. */
  static ephemeral(): Promise<KeyRing> {
    return KeyRing.from([newKeyPair().privateKey.export({ format: 'jwk' })]);
  }
}

/**
 * A compact JWS by the first key of a ring. For the sealer of envelopes alone.
 *
 * @throws EieError `signing_unavailable`
 */
export const signByRing: SignByRing = (ring, jws, context) => sign(ring, jws, context);

async function readKey(key: JWK | Signer, index: number): Promise<RingKey> {
  const where = `signing.keys[${index}]`;
  const alg = SEAL_ALGORITHMS.find(one => one === (isSigner(key) ? key.alg : algorithmOf(key)));
  if (!alg || (index === 0 && !isSigner(key) && typeof key.d !== 'string'))
    throw new EieConfigurationError(
      `${where} must be a private EC P-256 or Ed25519 JWK, or a signer of such a key: receivers believe ES256 and EdDSA alone.${hintOf(key, alg)}`,
    );
  const signer = isSigner(key) ? key : key.d === undefined ? undefined : localSigner({ ...key, alg }, where);
  if (signer) await testSigner(signer, 'envelope', { where });
  const publicKey = publicJwk(signer ? signer.publicKey : key, where);
  const kid = key.kid ?? (await calculateJwkThumbprint(publicKey));
  return { kid, signer, published: { ...publicKey, kid, alg, use: 'sig' } };
}

/** What is most often the matter. Nothing of the key is shown. */
function hintOf(key: unknown, alg: SealAlgorithm | undefined): string {
  if (typeof key === 'string') return ' It is a text: give what JSON.parse() makes of it.';
  return alg ? ' It has no "d", so it is the public half.' : '';
}

function algorithmOf(key: JWK): SealAlgorithm | undefined {
  const { kty, crv } = Object(key) as JWK;
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  return kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : undefined;
}

/** The members of the public key and no other. */
function publicJwk(jwk: JWK, where: string): JWK {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ format: 'jwk' });
  } catch {
    throw new EieConfigurationError(`${where} cannot be read as a JWK.`);
  }
}
