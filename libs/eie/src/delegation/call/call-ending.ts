import { EieError } from 'execution-identity';
import { type AuditDetail } from 'execution-identity/internal';
import { type DownstreamCall } from './downstream-call.js';

/** How a call of a target ended, as the audit log records it. */
export type CallEnding = Pick<AuditDetail, 'outcome' | 'reason'>;

type Unanswered = Pick<DownstreamCall, 'isAborted' | 'mayHaveActed'>;

/** Refused by the authorization server, by the check of its token, or because the identity has ended. Any other error is a failure. */
const REFUSALS: ReadonlySet<string> = new Set([
  'delegation_reauthenticate',
  'delegation_step_up',
  'delegation_token_missing',
  'delegation_consent_required',
  'delegation_user_not_assigned',
  'delegation_audience_unavailable',
  'delegation_denied',
  'delegated_token_refused',
  'target_url_refused',
  'identity_revoked',
  'identity_expired',
]);

export function answered({ status }: { readonly status: number }): CallEnding {
  if (status < 400) return { outcome: 'ok' };
  return { outcome: status === 401 || status === 403 ? 'refused' : 'failed', reason: `http_${status}` };
}

/**
 * @param isAborted whether the caller gave the call up
 * @param mayHaveActed whether the target may have done what it was asked: what is refused after that has not prevented it
 */
export function notAnswered(error: unknown, { isAborted, mayHaveActed }: Unanswered): CallEnding {
  if (error instanceof EieError)
    return { outcome: REFUSALS.has(error.code) && !mayHaveActed ? 'refused' : 'failed', reason: error };
  return { outcome: 'failed', reason: isAborted ? 'aborted' : 'error' };
}
