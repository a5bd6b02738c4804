import { EieError } from '../errors.js';
import { type ExecutionIdentityEnvelope } from '../identity/execution-identity-envelope.js';
import { openSealed, restrict, useOnce } from '../txn/open.js';
import { type AccessToken } from '../token/access-token.js';
import { printable } from '../printable.js';
import { checkTime, secondsOf } from '../ports/clock.js';
import { verifyAccessToken } from '../token/verify-access-token.js';
import { agree } from './agreement.js';
import { disagreement } from './disagreement.js';
import { checkReceiver, type ReceiverPolicy } from './receiver-policy.js';
import { callCredentials, type CallHeaders } from './call-credentials.js';

/**
 * Verifies a delegated call: the access token (RFC 9068) was issued for this service, the Txn-Token was sealed by a
 * trusted server and names this service, the two agree about who acts and who presents them, and, with `replays`, the
 * Txn-Token is used for the first time. The rights of the identity it returns are those that both grant to this service. Its approval, if it
 * has one, is the one that the caller's call has used up, and has not expired.
 *
 * It does NOT authorize: compare `authorization.scopes`, and `approval` where a person must have approved, with what the operation needs. It does NOT look at the query or
 * the body: a token there counts for nothing. It does NOT answer: `wireOf(error.code)` is the HTTP status.
 *
 * @param headers of the request; `rawHeaders` where there is a choice, see {@link CallHeaders}
 * @param now seconds since the epoch; by default the clock of this machine
 * @throws EieError `request_malformed`, `credentials_missing`, `txn_token_missing`; for the access token
 * `token_too_large`, `token_malformed`, `token_type_refused`, `algorithm_refused`, `issuer_unknown`,
 * `issuer_unavailable`, `key_unknown`, `signature_invalid`, `audience_refused`, `token_expired`, `token_not_yet_valid`,
 * `token_lifetime_refused`, `claim_missing`, `claim_invalid`, `proof_of_possession_unsupported`, `tenant_refused`,
 * `actor_unclassified`, `actor_chain_refused`; for the Txn-Token `txn_token_invalid`, `txn_token_expired`,
 * `txn_token_replayed`, `txn_token_unavailable`, `limit_reached`, `issuer_unavailable`, `service_not_named`; for the two together `credential_mismatch`
 * @throws EieConfigurationError for a policy with a member of another kind; TypeError for a time that is no number
 * @example const { actor, authorization } = await verifyDelegatedCall(request.rawHeaders, policy);
 */
export async function verifyDelegatedCall(
  headers: CallHeaders,
  policy: ReceiverPolicy,
  now = secondsOf(Date.now)(),
): Promise<ExecutionIdentityEnvelope> {
  checkTime(now);
  checkReceiver(policy);
  const { accessToken, sealed } = callCredentials(headers, policy.trust.codec);
  const token = await verifyCallersToken(accessToken, policy, now);
  const envelope = await openSealed(sealed, policy.trust, now);
  if (!envelope.delegation.allowed.includes(policy.service))
    throw new EieError('service_not_named', {
      finding: { expected: policy.service, fix: `It names ${printable(envelope.delegation.allowed)}. ${SAME_NAME}` },
    });
  if (!agree(token, envelope, policy.service, policy.presenters))
    throw new EieError('credential_mismatch', {
      finding: { issuer: token.issuer, fix: disagreement(token, envelope, policy) },
    });
  // Last, so that a refused call uses nothing up.
  const { service, replays } = policy;
  if (replays) await useOnce(envelope, service, { ...policy, replays }, now);
  // What is taken many times would let one approval count as often.
  return restrict(envelope, service, token.scopes, ({ expires_at }) => replays !== undefined && now < expires_at);
}

/** A token that is bound would need its proof (RFC 9449) or a certificate (RFC 8705), which the headers of a call do not have. */
async function verifyCallersToken(compact: string, { issuers }: ReceiverPolicy, now: number): Promise<AccessToken> {
  const token = await verifyAccessToken(compact, issuers, now);
  if (token.jkt !== undefined || token.x5t !== undefined) throw new EieError('proof_of_possession_unsupported');
  return token;
}

const SAME_NAME =
  'The name of the target at the caller and "service" here must be the same; a service behind another one is named in its "onward".';
