import { EieError, type EieErrorCode } from 'execution-identity';
import { findingOf } from 'execution-identity/internal';

/** Seconds for which a denial is cached. */
const DENIED = 10;
/** What the server would say again. */
const DENIALS: readonly EieErrorCode[] = [
  'delegation_denied',
  'delegation_consent_required',
  'delegation_user_not_assigned',
  'delegation_audience_unavailable',
];

/** Each caller gets an error of its own: each is a refusal of its own, on the audit log and for the operator. */
export function anew(error: unknown): Error {
  if (!(error instanceof EieError)) return error as Error;
  const { detailCode, retryAfter, stepUp } = error;
  return new EieError(error.code, { finding: findingOf(error), detailCode, retryAfter, stepUp });
}

/** Seconds for which the authorization server is not asked again; 0 where the next call may ask it. */
export function waitAfter(error: unknown): number {
  if (!(error instanceof EieError)) return 0;
  if (DENIALS.includes(error.code)) return DENIED;
  return error.retryAfter ?? 0;
}
