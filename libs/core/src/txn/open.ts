import { compactVerify } from 'jose';
import { compositeKey } from '../composite-key.js';
import { digest } from '../digest.js';
import { EieError } from '../errors.js';
import { createEnvelope, type ExecutionIdentityEnvelope } from '../identity/execution-identity-envelope.js';
import { isFirstUse, type ReplayCheck } from '../ports/replay-store.js';
import { mediaType, parseCompactJws } from '../token/compact-jws.js';
import { type KeySource } from '../token/key-source.js';
import { type DecodedEnvelope, type EnvelopeCodec } from './envelope-codec.js';
import { checkLifetime } from './sealed-expiry.js';
import { SEAL_ALGORITHMS } from './signature-algorithms.js';
import { transactionToken } from './txn-claims.js';

/** An envelope on the wire: a compact JWS, and the header that it is sent in. */
export interface SealedEnvelope {
  readonly header: string;
  readonly jws: string;
}

/** The received form of an opened envelope, the scopes that it grants, and the id of its single use. Only its issuer signs it. */
interface Received {
  readonly sealed: SealedEnvelope;
  readonly scopes: readonly string[];
  readonly singleUseId: string | undefined;
}

const received = new WeakMap<ExecutionIdentityEnvelope, Received>();

/** The sealed form in which an opened envelope was received, byte for byte. */
export const receivedForm = (envelope: ExecutionIdentityEnvelope): SealedEnvelope | undefined =>
  received.get(envelope)?.sealed;

/** Whose sealed envelopes a receiver accepts. */
export interface SealTrust {
  readonly trustDomain: string;
  /** By the exact value of the issuer that an envelope names: the resource identifier of the sealing server. */
  readonly issuers: ReadonlyMap<string, KeySource>;
  /** How envelopes are written. Default: the Transaction Token. */
  readonly codec?: EnvelopeCodec;
}

/**
 * Opens a sealed envelope: signature by a trusted issuer, `typ`, trust domain, times, a life of 300 s at most, and shape.
 * Does NOT check that it names a certain service, that it agrees with an access token, nor that it is used for the first
 * time: see `verifyDelegatedCall`.
 *
 * @param now seconds since the epoch
 * @throws EieError `txn_token_invalid`, `txn_token_expired`, `issuer_unavailable`
 */
export async function openSealed(jws: string, trust: SealTrust, now: number): Promise<ExecutionIdentityEnvelope> {
  const { codec = transactionToken } = trust;
  try {
    const { parts, singleUseId } = await verified(jws, codec, trust, now);
    const envelope = createEnvelope(parts);
    const { scopes } = envelope.authorization;
    received.set(envelope, { sealed: { header: codec.header, jws }, scopes, singleUseId });
    return envelope;
  } catch (error) {
    const passed =
      error instanceof EieError && (error.code === 'issuer_unavailable' || error.code === 'txn_token_expired');
    throw passed ? error : new EieError('txn_token_invalid');
  }
}

async function verified(jws: string, codec: EnvelopeCodec, trust: SealTrust, now: number): Promise<DecodedEnvelope> {
  const { header, claims } = parseCompactJws(jws);
  const algorithm = SEAL_ALGORITHMS.find(alg => alg === header.alg);
  if (mediaType(header.typ) !== codec.typ || !algorithm) throw new EieError('txn_token_invalid');
  const decoded = codec.decode(claims);
  const keys = trust.issuers.get(decoded.parts.meta.issuer);
  if (!keys || decoded.trustDomain !== trust.trustDomain) throw new EieError('txn_token_invalid');
  await compactVerify(jws, await keys.find(header), { algorithms: [algorithm] });
  checkLifetime(decoded, now);
  return decoded;
}

/**
 * Marks an opened envelope as used at one service. Call it after all other checks, so that a refused call does not use it up.
 *
 * @param service each service of a trust domain can accept the envelope once, even where services share a store
 * @param check the store; all processes that must not accept the same envelope twice share it
 * @param now seconds since the epoch
 * @throws EieError `txn_token_invalid` for one without an id; `txn_token_replayed` for one that was used, and when the store
 * cannot say
 */
export async function useOnce(
  envelope: ExecutionIdentityEnvelope,
  service: string,
  check: ReplayCheck,
  now: number,
): Promise<void> {
  const id = received.get(envelope)?.singleUseId;
  if (id === undefined) throw new EieError('txn_token_invalid');
  const { issuer, expires_at } = envelope.meta;
  const use = digest(compositeKey('envelope', service, issuer, id));
  if (!(await isFirstUse(check, use, expires_at, now))) throw new EieError('txn_token_replayed');
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
 * The scopes that a further call in this identity may ask for. For an opened envelope these are the sealed ones: the service
 * that received it may be allowed less, which says nothing about the next hop. Does NOT say which targets.
 */
export function delegableScopes(envelope: ExecutionIdentityEnvelope): readonly string[] {
  return received.get(envelope)?.scopes ?? envelope.authorization.scopes;
}
