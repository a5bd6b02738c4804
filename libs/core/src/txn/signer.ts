import { type JWK } from 'jose';
import { EieConfigurationError, EieError } from '../errors.js';
import { withinDeadline } from '../ports/deadline.js';
import { type Diagnostics, errorName } from '../ports/diagnostics.js';
import { failuresOf } from '../ports/recent-failures.js';
import { type TokenAlgorithm } from '../token/token-algorithms.js';

/** The purpose of a signature. Each key has one purpose, so that a signature for one purpose cannot be used for the other. */
export type SignerPurpose = 'envelope' | 'client_assertion';

/** The context of one signature. */
export interface SignerUse {
  readonly purpose: SignerPurpose;
  /** Aborts at the deadline. */
  readonly signal: AbortSignal;
}

/**
 * A private key that signs and cannot be read: in a key service (KMS), in a hardware module, or in another process. Code that has
 * the object can sign, so give it to this library alone. It is tested at boot.
 *
 * @example
 * const signer: Signer = {
 *   kid: 'seal-2026', alg: 'ES256', publicKey: { kty: 'EC', crv: 'P-256', x: '…', y: '…' },
 *   sign: async (bytes, { signal }) => rawSignatureOf(await kms.sign(bytes, { signal })),
 * };
 */
export interface Signer {
  /** The id of the key in JWS headers and in the published key set. Left out, it is the thumbprint of the key (RFC 7638). */
  readonly kid?: string;
  readonly alg: TokenAlgorithm;
  /** The public JWK; for client assertions also with `x5t#S256`, where the issuer knows a certificate and not a key. */
  readonly publicKey: JWK;
  /**
   * Signs these bytes, and hashes them itself where the algorithm does.
   *
   * @returns the signature as JOSE has it (RFC 7518 §3): for ECDSA `r` and `s` of fixed length one after the other, not the
   * DER that key services and OpenSSL give
   */
  sign(bytes: Uint8Array, use: SignerUse): Promise<Uint8Array>;
}

export const isSigner = (value: unknown): value is Signer =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Signer>).sign === 'function';

/** Milliseconds for one signature. A call waits for it. */
export const SIGNING_DEADLINE = 2_000;

const purposes = new WeakMap<Signer, SignerPurpose>();

/**
 * Binds a signer to one purpose, in this process and for good.
 *
 * @throws EieConfigurationError when it has another purpose already
 */
export function bindSigner(signer: Signer, purpose: SignerPurpose): void {
  const bound = purposes.get(signer) ?? purpose;
  if (bound !== purpose)
    throw new EieConfigurationError(
      `The signer "${signer.kid ?? ''}" is used for ${bound} and for ${purpose}: give each purpose a key of its own.`,
    );
  purposes.set(signer, purpose);
}

/** How one signature is requested. */
export interface SigningContext {
  readonly purpose: SignerPurpose;
  /** Milliseconds. Default 2,000. */
  readonly deadline?: number;
  readonly diagnostics?: Diagnostics;
}

/**
 * A compact JWS (RFC 7515 §7.1) of a JSON object.
 *
 * @param header without `alg`, which is the signer's
 * @throws EieError `signing_unavailable` when the signer fails or is late
 */
export async function signCompact(
  signer: Signer,
  { header, claims }: { header: Readonly<Record<string, unknown>>; claims: Readonly<Record<string, unknown>> },
  { purpose, deadline = SIGNING_DEADLINE, diagnostics }: SigningContext,
): Promise<string> {
  bindSigner(signer, purpose);
  const input = `${encoded({ alg: signer.alg, ...header })}.${encoded(claims)}`;
  try {
    const signature = await withinDeadline(deadline, signal => signer.sign(Buffer.from(input), { purpose, signal }));
    if (!(signature instanceof Uint8Array) || signature.length === 0) throw new TypeError('no signature');
    failuresOf(signer).succeeded();
    return `${input}.${Buffer.from(signature).toString('base64url')}`;
  } catch (error) {
    failuresOf(signer).failed();
    diagnostics?.report({
      level: 'error',
      message: `The signer "${signer.kid ?? ''}" (${purpose}) did not sign within ${deadline} ms: ${errorName(error)}.`,
    });
    throw new EieError('signing_unavailable');
  }
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
