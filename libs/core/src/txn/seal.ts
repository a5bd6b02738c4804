import { randomUUID } from 'node:crypto';
import { CompactSign } from 'jose';
import { EieError } from '../errors.js';
import { isFresh } from '../token/freshness.js';
import { assertLive, type ExecutionIdentityEnvelope } from '../identity/execution-identity-envelope.js';
import { type KeyRing } from './key-ring.js';
import { narrow, type TargetGrant } from '../identity/narrow.js';
import { receivedForm } from './open.js';
import { toTxnClaims, TXN_TOKEN_TYPE } from './txn-claims.js';

/** Seconds. Long enough for one call and its clock skew, short enough that a captured one is soon worthless. */
const SEAL_LIFETIME = 60;
const RESEAL_BEFORE = 15;

interface SealedAt {
  readonly jws: string;
  readonly at: number;
  readonly expiresAt: number;
}

/** Signs envelopes for their targets. One per server; holds the sealing keys, so it stays inside the library. */
export class EnvelopeSealer {
  readonly #memo = new WeakMap<ExecutionIdentityEnvelope, Map<string, SealedAt>>();

  /** @param keys `undefined` at a service that only forwards: it signs nothing */
  constructor(
    private readonly keys: KeyRing | undefined,
    private readonly trustDomain: string,
  ) {}

  /**
   * The envelope, narrowed to one target, as a Transaction Token: a compact JWS that lives 60 s at most. The same
   * envelope and target give the same bytes until 15 s before their expiry, and the same `txn` always. For a target that
   * takes each token once, every call gives new bytes with a `jti` of their own. An opened envelope gives the bytes it was
   * received in, whatever the target: it is never signed anew.
   *
   * @param now seconds since the epoch
   * @throws EieError `identity_expired` from `expires_at` on; `identity_forged` without keys, for an envelope that was not received
   */
  async seal(envelope: ExecutionIdentityEnvelope, target: TargetGrant, now: number): Promise<string> {
    assertLive(envelope, now);
    const original = receivedForm(envelope);
    if (original !== undefined) return original;
    if (target.singleUse) return (await this.#sign(envelope, target, now, randomUUID())).jws;
    const memo = this.#memo.get(envelope) ?? new Map<string, SealedAt>();
    this.#memo.set(envelope, memo);
    const known = memo.get(target.name);
    if (known && isFresh(known.at, known.expiresAt - RESEAL_BEFORE - known.at, now)) return known.jws;
    const sealed = await this.#sign(envelope, target, now);
    memo.set(target.name, sealed);
    return sealed.jws;
  }

  async #sign(
    envelope: ExecutionIdentityEnvelope,
    target: TargetGrant,
    now: number,
    singleUseId?: string,
  ): Promise<SealedAt> {
    if (!this.keys) throw new EieError('identity_forged');
    const narrowed = narrow(envelope, target, now, SEAL_LIFETIME);
    const { key, alg, kid } = this.keys.current;
    const payload = new TextEncoder().encode(JSON.stringify(toTxnClaims(narrowed, this.trustDomain, singleUseId)));
    const jws = await new CompactSign(payload).setProtectedHeader({ typ: TXN_TOKEN_TYPE, alg, kid }).sign(key);
    return { jws, at: now, expiresAt: narrowed.meta.expires_at };
  }
}
