import { constants, type KeyObject, sign, type SigningOptions, verify } from 'node:crypto';
import { type TokenAlgorithm } from '../token/token-algorithms.js';

/** The algorithms that may seal an envelope. Symmetric ones are excluded: a receiver could sign with the shared secret. */
export const SEAL_ALGORITHMS = ['ES256', 'EdDSA'] as const;
export type SealAlgorithm = (typeof SEAL_ALGORITHMS)[number];

/** `raw`: `r` and `s` of fixed length, as JOSE has it (RFC 7518 §3.4). `der`: as X.509 and most key services have it. */
export type EcdsaForm = 'raw' | 'der';

/** Signs by one of the algorithms of RFC 7518 §3 and RFC 8037 §3.1, synchronously. */
export const signBytes = (alg: TokenAlgorithm, key: KeyObject, bytes: Uint8Array): Buffer =>
  sign(hashOf(alg), bytes, { key, ...optionsOf(alg, 'raw') });

/** Whether a signature verifies. Never throws: malformed input is a wrong signature. */
export function isSignature(
  alg: TokenAlgorithm,
  key: KeyObject,
  bytes: Uint8Array,
  signature: Uint8Array,
  form: EcdsaForm = 'raw',
): boolean {
  try {
    return verify(hashOf(alg), bytes, { key, ...optionsOf(alg, form) }, signature);
  } catch {
    return false;
  }
}

/** Edwards curves hash by themselves (RFC 8032). */
const hashOf = (alg: TokenAlgorithm): string | null => (alg.startsWith('Ed') ? null : `sha${alg.slice(2)}`);

function optionsOf(alg: TokenAlgorithm, form: EcdsaForm): SigningOptions {
  if (alg.startsWith('ES')) return { dsaEncoding: form === 'raw' ? 'ieee-p1363' : 'der' };
  if (alg.startsWith('PS'))
    return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return {};
}
