import { EieError, type KeySource, type TokenAlgorithm } from 'execution-identity';
import { CLOCK_SKEW, mediaType, type ParsedJws, seconds, text, verifySignature } from 'execution-identity/internal';

/** Who signs signals of one kind, and for whom. */
export interface SignalSigner {
  readonly issuer: string;
  readonly keys: KeySource;
  readonly algorithms: readonly TokenAlgorithm[];
  /** Every member of `aud` must be one of these. */
  readonly audience: readonly string[];
}

/** What is read of every signal. Times are in seconds since the epoch. */
export interface VerifiedSignal {
  readonly claims: ParsedJws['claims'];
  readonly jti: string;
  readonly issuedAt: number;
  readonly expiresAt?: number;
}

/**
 * Verifies a logout token or a security event token as an access token is verified: algorithm and type before the key, the key before the
 * signature, the signature before the claims. Its `typ` keeps access tokens, ID tokens and each kind of signal apart (RFC 8725 §3.11).
 * Does NOT look at events and subjects, and does NOT know whether it came before.
 *
 * @param now seconds since the epoch
 * @param maxAge seconds: how long ago it may have been issued
 * @throws EieError `algorithm_refused`, `token_type_refused`, `key_unknown`, `issuer_unavailable`, `signature_invalid`, `audience_refused`,
 * `claim_missing`, `claim_invalid`, `token_expired`, `token_not_yet_valid`, `token_lifetime_refused`
 */
export async function verifiedSignal(
  jws: ParsedJws,
  type: string,
  { issuer, keys, algorithms, audience }: SignalSigner,
  { now, maxAge }: { readonly now: number; readonly maxAge: number },
): Promise<VerifiedSignal> {
  const { header, claims } = jws;
  if (!(algorithms as readonly string[]).includes(header.alg))
    throw refusal('algorithm_refused', issuer, 'alg', { expected: algorithms, received: header.alg });
  if (mediaType(header.typ) !== type)
    throw refusal('token_type_refused', issuer, 'typ', {
      expected: type,
      received: header.typ ?? 'no type',
      fix: TYPE,
    });
  await verifySignature(jws, await keys.find(header), issuer);
  assertAudience(claims.aud, audience, issuer);
  const [issuedAt, expiresAt] = [seconds(claims, 'iat'), seconds(claims, 'exp')];
  if (expiresAt !== undefined && expiresAt <= now) throw refusal('token_expired', issuer, 'exp');
  if (issuedAt === undefined) throw refusal('claim_missing', issuer, 'iat');
  if (Math.max(issuedAt, seconds(claims, 'nbf') ?? 0) > now + CLOCK_SKEW.accessToken)
    throw refusal('token_not_yet_valid', issuer, 'iat');
  if (now - issuedAt > maxAge)
    throw refusal('token_lifetime_refused', issuer, 'iat', { expected: `at most ${maxAge} seconds ago` });
  const jti = text(claims, 'jti');
  if (jti === undefined) throw refusal('claim_missing', issuer, 'jti');
  return { claims, jti, issuedAt, ...(expiresAt !== undefined && { expiresAt }) };
}

function assertAudience(aud: unknown, audience: readonly string[], issuer: string): void {
  const members: unknown[] = [aud].flat();
  if (members.length && members.every(one => (audience as readonly unknown[]).includes(one))) return;
  throw refusal('audience_refused', issuer, 'aud', { expected: audience, received: aud, fix: AUDIENCE });
}

const TYPE =
  'Have the sender write that "typ" into the header of its signals: without it, they are not told from access tokens and ID tokens.';
const AUDIENCE =
  'Each member of "aud" must be expected here. For a logout token these are the clients of this server, and those in authorization.signals.logout.clients; for a security event, audience of its transmitter.';

/** @param claim fixed words: the answer names it */
export const refusal = (
  code: ConstructorParameters<typeof EieError>[0],
  issuer: string,
  claim: string,
  more: object = {},
): EieError => new EieError(code, { finding: { issuer, claim, ...more } });
