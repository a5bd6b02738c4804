import { randomUUID } from 'node:crypto';
import { EieError } from '../errors.js';
import { type ExecutionIdentityEnvelope } from '../identity/execution-identity-envelope.js';
import { assertLive } from '../identity/identity-expiry.js';
import { narrow, type TargetGrant } from '../identity/narrow.js';
import { type Diagnostics } from '../ports/diagnostics.js';
import { isFresh } from '../token/freshness.js';
import { type EnvelopeCodec } from './envelope-codec.js';
import { type KeyRing, signByRing } from './key-ring.js';
import { MAX_SEALED_LENGTH, receivedForm, type SealedEnvelope } from './open.js';
import { transactionToken } from './txn-claims.js';

/** Seconds. Long enough for one call and the clock skew, short enough that a stolen one soon expires. */
const SEAL_LIFETIME = 60;
const RESEAL_BEFORE = 15;

interface SealedAt extends SealedEnvelope {
  readonly at: number;
  readonly expiresAt: number;
}

export interface SealerOptions {
  /** How envelopes are written. Default: the Transaction Token. */
  readonly codec?: EnvelopeCodec;
  /** Milliseconds for one signature. Default 2,000. */
  readonly deadline?: number;
  readonly diagnostics?: Diagnostics;
  /** Told of each envelope that is signed, once. Not of those that are only passed on. */
  readonly onSealed?: (jws: string) => void;
}

type Seal = (
  sealer: EnvelopeSealer,
  envelope: ExecutionIdentityEnvelope,
  target: TargetGrant,
  now: number,
) => Promise<SealedEnvelope>;
let seal: Seal;

/**
 * Signs envelopes for their targets. One per server. It has no public method: a caller could pass a target of its own and so widen
 * an identity. Delegation uses {@link sealEnvelope}.
 */
export class EnvelopeSealer {
  readonly #memo = new WeakMap<ExecutionIdentityEnvelope, Map<string, SealedAt>>();
  readonly #keys: KeyRing | undefined;
  readonly #trustDomain: string;
  readonly #options: SealerOptions;

  /** @param keys `undefined` at a service that only forwards: it signs nothing */
  constructor(keys: KeyRing | undefined, trustDomain: string, options: SealerOptions = {}) {
    this.#keys = keys;
    this.#trustDomain = trustDomain;
    this.#options = options;
  }

  static {
    seal = (sealer, envelope, target, now) => sealer.#seal(envelope, target, now);
  }

  async #seal(envelope: ExecutionIdentityEnvelope, target: TargetGrant, now: number): Promise<SealedEnvelope> {
    assertLive(envelope, now);
    const original = receivedForm(envelope);
    if (original) return original;
    if (target.singleUse || target.carriesApproval) return this.#sign(envelope, target, now, randomUUID());
    const memo = this.#memo.get(envelope) ?? new Map<string, SealedAt>();
    this.#memo.set(envelope, memo);
    const known = memo.get(target.name);
    if (known && isFresh(known.at, known.expiresAt - RESEAL_BEFORE - known.at, now)) return known;
    const sealed = await this.#sign(envelope, target, now);
    memo.set(target.name, sealed);
    return sealed;
  }

  async #sign(
    envelope: ExecutionIdentityEnvelope,
    target: TargetGrant,
    now: number,
    singleUseId?: string,
  ): Promise<SealedAt> {
    if (!this.#keys) throw new EieError('identity_forged');
    const { codec = transactionToken, onSealed, ...context } = this.#options;
    const narrowed = narrow(envelope, target, now, SEAL_LIFETIME);
    const claims = codec.encode(narrowed, this.#trustDomain, singleUseId);
    const jws = await signByRing(this.#keys, { typ: codec.typ, claims }, context);
    if (jws.length > MAX_SEALED_LENGTH)
      throw new EieError('txn_token_too_large', { finding: { expected: `at most ${MAX_SEALED_LENGTH} characters` } });
    onSealed?.(jws);
    return { header: codec.header, jws, at: now, expiresAt: narrowed.meta.expires_at };
  }
}

/**
 * The envelope, narrowed to one target, as a compact JWS that lives 60 s at most. The same envelope and target give the same
 * bytes until 15 s before their expiry, and the same envelope id always. For a target that takes each envelope once, or that carries
 * approvals, every call gives new bytes with an id of their own. An opened envelope gives the bytes it was received in, whatever the target:
 * it is never signed anew.
 *
 * @param now seconds since the epoch
 * @throws EieError `identity_expired` from `expires_at` on; `signing_unavailable` when the signer fails or is late;
 * `txn_token_too_large` for what no receiver takes; `identity_forged` without keys, for an envelope that was not received
 */
export const sealEnvelope: Seal = (sealer, envelope, target, now) => seal(sealer, envelope, target, now);
