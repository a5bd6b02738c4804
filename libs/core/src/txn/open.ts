import { compactVerify } from 'jose';
import { compositeKey } from '../composite-key.js';
import { digest } from '../digest.js';
import { EieError, findingOf } from '../errors.js';
import { type Approval } from '../identity/approval.js';
import { createEnvelope } from '../identity/create-envelope.js';
import { type EnvelopeParts, type ExecutionIdentityEnvelope } from '../identity/execution-identity-envelope.js';
import { shareHolder } from '../identity/principal.js';
import { assertFirstUse, type ReplayCheck } from '../ports/replay-store.js';
import { mediaType, parseCompactJws } from '../token/compact-jws.js';
import { type KeySource } from '../token/key-source.js';
import { type DecodedEnvelope, type EnvelopeCodec } from './envelope-codec.js';
import { checkLifetime } from './sealed-expiry.js';
import { checkApproval, checkServices, onwardScopes, sealedScopes } from './sealed-rights.js';
import { SEAL_ALGORITHMS } from './signature-algorithms.js';
import { transactionToken } from './txn-claims.js';

/** Characters: Node accepts 16 KB of headers, and an access token stands beside it. */
export const MAX_SEALED_LENGTH = 12 * 1024;

/** An envelope on the wire: a compact JWS, and the header that it is sent in. */
export interface SealedEnvelope {
  readonly header: string;
  readonly jws: string;
}

/** The received form of an opened envelope, and the id of its single use. Only its issuer signs it. */
interface Received {
  readonly sealed: SealedEnvelope;
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
 * Opens a sealed envelope: signature by a trusted issuer, `typ`, trust domain, times, a life of 300 s at most, shape, and scopes of
 * its own for each service that it names onward; with an approval one service alone, and an id of its one use. Does NOT check that it names a
 * certain service, that it agrees with an access token, that it is used for the first time, nor that its approval counts: see `verifyDelegatedCall`.
 *
 * @param now seconds since the epoch
 * @throws EieError `txn_token_invalid`, `txn_token_expired`, `issuer_unavailable`
 */
export async function openSealed(jws: string, trust: SealTrust, now: number): Promise<ExecutionIdentityEnvelope> {
  const { codec = transactionToken } = trust;
  try {
    const { parts, singleUseId } = await verified(jws, codec, trust, now);
    const envelope = createEnvelope(parts);
    received.set(envelope, { sealed: { header: codec.header, jws }, singleUseId });
    return envelope;
  } catch (error) {
    const passed =
      error instanceof EieError && (error.code === 'issuer_unavailable' || error.code === 'txn_token_expired');
    throw passed
      ? error
      : new EieError('txn_token_invalid', { finding: error instanceof EieError ? findingOf(error) : {} });
  }
}

async function verified(jws: string, codec: EnvelopeCodec, trust: SealTrust, now: number): Promise<DecodedEnvelope> {
  const { header, claims } = parseCompactJws(jws, MAX_SEALED_LENGTH);
  const algorithm = SEAL_ALGORITHMS.find(alg => alg === header.alg);
  if (mediaType(header.typ) !== codec.typ || !algorithm) throw new EieError('txn_token_invalid');
  const decoded = codec.decode(claims);
  const keys = trust.issuers.get(decoded.parts.meta.issuer);
  if (!keys)
    throw new EieError('txn_token_invalid', {
      finding: { claim: 'iss', expected: [...trust.issuers.keys()], received: decoded.parts.meta.issuer },
    });
  if (decoded.trustDomain !== trust.trustDomain)
    throw new EieError('txn_token_invalid', {
      finding: { claim: 'aud', expected: trust.trustDomain, received: decoded.trustDomain },
    });
  await compactVerify(jws, await keys.find(header), { algorithms: [algorithm] }).catch(() => {
    throw new EieError('txn_token_invalid', { finding: { fix: OTHER_SIGNATURE } });
  });
  checkLifetime(decoded, now);
  checkServices(decoded.parts.delegation);
  checkApproval(decoded);
  return decoded;
}

const OTHER_SIGNATURE =
  'The signature is not by the key of this "kid" that is trusted here: see whether the sealing server has new keys, and whether its URL of keys leads to another environment.';
const NOT_FOR_ONE_USE =
  'This service takes each Txn-Token once, and this one has no "jti": set singleUse at the target of the caller, or leave it out here (trust.singleUse, or "replays" of the policy).';

/**
 * Marks an opened envelope as used at one service. Call it after all other checks, so that a refused call does not use it up.
 *
 * @param service each service of a trust domain can accept the envelope once, even where services share a store
 * @param check the store; all processes that must not accept the same envelope twice share it
 * @param now seconds since the epoch
 * @throws EieError `txn_token_invalid` for one without an id; `txn_token_replayed` for one that was used, or may have been;
 * `txn_token_unavailable` when the store does not answer; `limit_reached`
 */
export async function useOnce(
  envelope: ExecutionIdentityEnvelope,
  service: string,
  check: ReplayCheck,
  now: number,
): Promise<void> {
  const id = received.get(envelope)?.singleUseId;
  if (id === undefined) throw new EieError('txn_token_invalid', { finding: { fix: NOT_FOR_ONE_USE } });
  const { issuer, expires_at } = envelope.meta;
  const use = digest(compositeKey('envelope', service, issuer, id));
  const holder = shareHolder(envelope);
  await assertFirstUse(
    check,
    { id: use, expiresAt: expires_at, holder },
    now,
    'txn_token_replayed',
    'txn_token_unavailable',
  );
}

/**
 * The received envelope as one service may use it: with the scopes that are sealed for this service and that its access token grants
 * too. Its sealed form stays the bytes it came in.
 *
 * @param granted the scopes of the access token
 * @param counts whether an approval counts at this service. Default: none does
 */
export function restrict(
  envelope: ExecutionIdentityEnvelope,
  service: string,
  granted: readonly string[],
  counts: (approval: Approval) => boolean = () => false,
): ExecutionIdentityEnvelope {
  const { approval, ...parts } = envelope;
  const scopes = sealedScopes(envelope, service).filter(scope => granted.includes(scope));
  const restricted = createEnvelope({
    ...parts,
    authorization: { ...parts.authorization, scopes },
    ...(approval && counts(approval) && { approval }),
  });
  const original = received.get(envelope);
  if (original) received.set(restricted, original);
  return restricted;
}

/**
 * The scopes that a further call in this identity may ask for at a target; `undefined` where it may not call it. For an opened envelope
 * they are those that were sealed for the target, never those of the service that received it.
 */
export function delegableScopes(envelope: EnvelopeParts, target: string): readonly string[] | undefined {
  const { authorization, delegation } = envelope;
  if (received.has(envelope as ExecutionIdentityEnvelope)) return onwardScopes(delegation, target);
  return delegation.allowed.includes(target) ? authorization.scopes : undefined;
}
