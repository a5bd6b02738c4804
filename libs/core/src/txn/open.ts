import { createHash } from 'node:crypto';
import { compactVerify } from 'jose';
import { EieError } from '../errors.js';
import { seconds } from '../token/claim-values.js';
import { mediaType, parseCompactJws, type ParsedJws } from '../token/compact-jws.js';
import { type KeySource } from '../token/key-source.js';
import { type ReplayStore } from '../ports/replay-store.js';
import { createEnvelope, type ExecutionIdentityEnvelope } from '../identity/execution-identity-envelope.js';
import { type SealAlgorithm } from './key-ring.js';
import { fromTxnClaims, TXN_TOKEN_TYPE, singleUseId } from './txn-claims.js';

/** `exp - iat` at most, in seconds, whoever sealed it: a trusted sealer cannot make one that is worth stealing for long. */
const MAX_LIFETIME = 300;
/** Seconds for which `iat` and `nbf` may lie ahead of our clock. `exp` gets no leeway. */
const SKEW = 5;

/** What an opened envelope came in: its bytes, the scopes they grant, their `jti`. An envelope is signed once, by whoever issued it. */
interface Sealed {
  readonly jws: string;
  readonly scopes: readonly string[];
  readonly singleUseId?: string;
}

const received = new WeakMap<ExecutionIdentityEnvelope, Sealed>();

/** The bytes that an opened envelope was received in. */
export const receivedForm = (envelope: ExecutionIdentityEnvelope): string | undefined => received.get(envelope)?.jws;

/** Whose sealed envelopes a receiver believes. */
export interface SealTrust {
  readonly trustDomain: string;
  readonly issuers: ReadonlyMap<string, KeySource>;
}

const SEAL_ALGORITHMS: readonly SealAlgorithm[] = ['ES256', 'EdDSA'];

/**
 * Opens a sealed envelope: signature by a trusted issuer, `typ`, trust domain, times, a life of 300 s at most, and shape.
 * Does NOT check that it names a certain service, that it agrees with an access token, nor that it is used for the first
 * time: see `verifyDelegatedCall`.
 *
 * @param now seconds since the epoch
 * @throws EieError `txn_token_invalid`, `txn_token_expired`, `issuer_unavailable`
 */
export async function openSealed(jws: string, trust: SealTrust, now: number): Promise<ExecutionIdentityEnvelope> {
  try {
    const claims = await verifiedClaims(jws, trust, now);
    const envelope = createEnvelope(fromTxnClaims(claims));
    received.set(envelope, { jws, scopes: envelope.authorization.scopes, singleUseId: singleUseId(claims) });
    return envelope;
  } catch (error) {
    const passed =
      error instanceof EieError && (error.code === 'issuer_unavailable' || error.code === 'txn_token_expired');
    throw passed ? error : new EieError('txn_token_invalid');
  }
}

async function verifiedClaims(jws: string, trust: SealTrust, now: number): Promise<ParsedJws['claims']> {
  const { header, claims } = parseCompactJws(jws);
  const keys = typeof claims.iss === 'string' ? trust.issuers.get(claims.iss) : undefined;
  const algorithm = SEAL_ALGORITHMS.find(alg => alg === header.alg);
  if (!keys || !algorithm || mediaType(header.typ) !== TXN_TOKEN_TYPE || claims.aud !== trust.trustDomain) {
    throw new EieError('txn_token_invalid');
  }
  await compactVerify(jws, await keys.find(header), { algorithms: [algorithm] });
  const [issuedAt, expiresAt, notBefore = 0] = [seconds(claims, 'iat'), seconds(claims, 'exp'), seconds(claims, 'nbf')];
  if (issuedAt === undefined || expiresAt === undefined) throw new EieError('txn_token_invalid');
  if (expiresAt <= now) throw new EieError('txn_token_expired');
  if (Math.max(issuedAt, notBefore) > now + SKEW || expiresAt - issuedAt > MAX_LIFETIME)
    throw new EieError('txn_token_invalid');
  if (claims.req_wl !== claims.iss) throw new EieError('txn_token_invalid');
  return claims;
}

/**
 * Counts an opened envelope as used. To be called when everything else is right, so that a refused call uses nothing up.
 *
 * @param replays shared by everything that must not take the same token twice
 * @param now seconds since the epoch
 * @throws EieError `txn_token_invalid` for a token without `jti`; `txn_token_replayed` for one that was used, and when the
 * store is full
 */
export function useOnce(envelope: ExecutionIdentityEnvelope, replays: ReplayStore, now: number): void {
  const id = received.get(envelope)?.singleUseId;
  if (id === undefined) throw new EieError('txn_token_invalid');
  const { issuer, expires_at } = envelope.meta;
  const key = createHash('sha256')
    .update(JSON.stringify([issuer, id]))
    .digest('base64url');
  if (replays.take(key, expires_at, now) !== 'fresh') throw new EieError('txn_token_replayed');
}

/** The same received envelope with fewer rights; its sealed form stays the bytes it came in. */
export function restrict(envelope: ExecutionIdentityEnvelope, scopes: readonly string[]): ExecutionIdentityEnvelope {
  const restricted = createEnvelope({
    ...envelope,
    authorization: {
      ...envelope.authorization,
      scopes: envelope.authorization.scopes.filter(scope => scopes.includes(scope)),
    },
  });
  const original = received.get(envelope);
  if (original) received.set(restricted, original);
  return restricted;
}

/**
 * The scopes that a further call in this identity may ask for. For an opened envelope these are the sealed ones: what the
 * service that received it may do itself can be less, and says nothing about the next hop. Does NOT say which targets.
 */
export function delegableScopes(envelope: ExecutionIdentityEnvelope): readonly string[] {
  return received.get(envelope)?.scopes ?? envelope.authorization.scopes;
}
