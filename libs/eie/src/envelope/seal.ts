import { CompactSign, compactVerify } from 'jose';
import { EieError } from '../eie.error.js';
import { seconds } from '../token/claim-values.js';
import { mediaType, parseCompactJws } from '../token/compact-jws.js';
import { type KeySource } from '../token/key-source.js';
import { createEnvelope, type EnvelopeParts, type ExecutionIdentityEnvelope } from './execution-identity-envelope.js';
import { narrow, type TargetGrant } from './issue.js';
import { type KeyRing, type SealAlgorithm } from './key-ring.js';
import { fromTxnClaims, toTxnClaims, TXN_TOKEN_TYPE } from './txn-claims.js';

/** Seconds. Long enough for one call and its clock skew, short enough that a captured one is soon worthless. */
const SEAL_LIFETIME = 60;
const RESEAL_BEFORE = 15;
const SKEW = 5;

/** Opened envelopes and the bytes they came in: an envelope is signed once, by whoever issued it. */
const received = new WeakMap<ExecutionIdentityEnvelope, string>();

/** Signs envelopes for their targets. One per server; holds the sealing keys, so it stays inside the library. */
export class EnvelopeSealer {
  readonly #memo = new WeakMap<ExecutionIdentityEnvelope, Map<string, { jws: string; expiresAt: number }>>();

  constructor(private readonly keys: KeyRing, private readonly trustDomain: string) {}

  /**
   * The envelope, narrowed to one target, as a Transaction Token: a compact JWS that lives 60 s at most. The same
   * envelope and target give the same bytes until 15 s before their expiry, and the same `txn` always. An opened
   * envelope gives the bytes it was received in: it is never signed anew.
   *
   * @param now seconds since the epoch
   */
  async seal(envelope: ExecutionIdentityEnvelope, target: TargetGrant, now: number): Promise<string> {
    const original = received.get(envelope);
    if (original !== undefined) return original;
    const memo = this.#memo.get(envelope) ?? new Map<string, { jws: string; expiresAt: number }>();
    this.#memo.set(envelope, memo);
    const known = memo.get(target.name);
    if (known && known.expiresAt - RESEAL_BEFORE > now) return known.jws;
    const narrowed = narrow(envelope, target, now, SEAL_LIFETIME);
    const { key, alg, kid } = this.keys.current;
    const payload = new TextEncoder().encode(JSON.stringify(toTxnClaims(narrowed, this.trustDomain)));
    const jws = await new CompactSign(payload).setProtectedHeader({ typ: TXN_TOKEN_TYPE, alg, kid }).sign(key);
    memo.set(target.name, { jws, expiresAt: narrowed.meta.expires_at });
    return jws;
  }
}

/** Whose sealed envelopes a receiver believes. */
export interface SealTrust {
  readonly trustDomain: string;
  readonly issuers: ReadonlyMap<string, KeySource>;
}

const SEAL_ALGORITHMS: readonly SealAlgorithm[] = ['ES256', 'EdDSA'];

/**
 * Opens a sealed envelope: signature by a trusted issuer, `typ`, trust domain, times and shape. Does NOT check that it
 * names a certain service, nor that it agrees with an access token: see `verifyDelegatedCall`.
 *
 * @param now seconds since the epoch
 * @throws EieError `txn_token_invalid`, `txn_token_expired`, `issuer_unavailable`
 */
export async function openSealed(jws: string, trust: SealTrust, now: number): Promise<ExecutionIdentityEnvelope> {
  const parts = await verified(jws, trust, now).catch((error: unknown) => {
    const passed = error instanceof EieError && (error.code === 'issuer_unavailable' || error.code === 'txn_token_expired');
    throw passed ? error : new EieError('txn_token_invalid');
  });
  const envelope = createEnvelope(parts);
  received.set(envelope, jws);
  return envelope;
}

async function verified(jws: string, trust: SealTrust, now: number): Promise<EnvelopeParts> {
  const { header, claims } = parseCompactJws(jws);
  const keys = typeof claims.iss === 'string' ? trust.issuers.get(claims.iss) : undefined;
  const algorithm = SEAL_ALGORITHMS.find(alg => alg === header.alg);
  if (!keys || !algorithm || mediaType(header.typ) !== TXN_TOKEN_TYPE || claims.aud !== trust.trustDomain) {
    throw new EieError('txn_token_invalid');
  }
  await compactVerify(jws, await keys.find(header), { algorithms: [algorithm] });
  const [issuedAt, expiresAt] = [seconds(claims, 'iat'), seconds(claims, 'exp')];
  if (issuedAt === undefined || expiresAt === undefined || issuedAt > now + SKEW) throw new EieError('txn_token_invalid');
  if (expiresAt <= now) throw new EieError('txn_token_expired');
  if (claims.req_wl !== claims.iss) throw new EieError('txn_token_invalid');
  return fromTxnClaims(claims);
}

/** The same received envelope with fewer rights; its sealed form stays the bytes it came in. */
export function restrict(envelope: ExecutionIdentityEnvelope, scopes: readonly string[]): ExecutionIdentityEnvelope {
  const restricted = createEnvelope({
    ...envelope,
    authorization: { ...envelope.authorization, scopes: envelope.authorization.scopes.filter(scope => scopes.includes(scope)) },
  });
  const original = received.get(envelope);
  if (original !== undefined) received.set(restricted, original);
  return restricted;
}
