import { type EieError, type EieErrorCode } from 'execution-identity';
import { findingOf } from 'execution-identity/internal';

/** An answer to the sender of a signal. Nothing that the sender has sent is in it. */
export interface SignalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: an empty body. */
  readonly body?: object;
}

/** What passes: the sender tries again. */
const PASSING: readonly EieErrorCode[] = [
  'issuer_unavailable',
  'revocation_unavailable',
  'signal_unavailable',
  'audit_unavailable',
  'limit_reached',
];

const ERRORS: Partial<Record<EieErrorCode, string>> = {
  issuer_unknown: 'invalid_issuer',
  audience_refused: 'invalid_audience',
  algorithm_refused: 'invalid_key',
  key_unknown: 'invalid_key',
  signature_invalid: 'invalid_key',
  signal_unauthenticated: 'authentication_failed',
};

export const isPassing = ({ code }: EieError): boolean => PASSING.includes(code);

/** `err` and `description` of a security event that is not acknowledged: RFC 8935 §2.3 and §2.4, RFC 8936 §2.6. */
export function eventError(error: EieError): { err: string; description: string } {
  const isOfSubject = findingOf(error).claim === 'sub_id.iss';
  return { err: (!isOfSubject && ERRORS[error.code]) || 'invalid_request', description: descriptionOf(error) };
}

/** `error` and `error_description` of a logout that is refused: OpenID Connect Back-Channel Logout 1.0 §2.8. */
export const logoutError = (error: EieError): { error: string; error_description: string } => ({
  error: isPassing(error) ? 'temporarily_unavailable' : 'invalid_request',
  error_description: descriptionOf(error),
});

export const LOGGED_OUT: SignalAnswer = { status: 200, headers: { 'Cache-Control': 'no-store' } };
export const ACCEPTED: SignalAnswer = { status: 202, headers: { 'Cache-Control': 'no-store' } };

/** @param body {@link eventError} or {@link logoutError} */
export const refusedBy = (error: EieError, body: object): SignalAnswer => ({
  status: statusOf(error),
  headers: {
    'Cache-Control': 'no-store',
    'Content-Language': 'en',
    ...(error.code === 'signal_unauthenticated' && { 'WWW-Authenticate': 'Bearer' }),
    // Of a body that is too long, or has not come, the rest is not read.
    ...((error.code === 'token_too_large' || error.code === 'signal_malformed') && { Connection: 'close' }),
  },
  body,
});

function statusOf(error: EieError): number {
  if (isPassing(error)) return 503;
  if (error.code === 'signal_unauthenticated') return 401;
  return error.code === 'token_too_large' ? 413 : 400;
}

/** Fixed words: the text of the reason, and the name of the claim or header that decided. */
function descriptionOf(error: EieError): string {
  const { claim } = findingOf(error);
  return claim === undefined ? error.message : `${error.message} (${claim})`;
}
