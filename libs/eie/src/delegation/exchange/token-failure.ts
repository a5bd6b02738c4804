import * as oauth from 'oauth4webapi';
import { EieError, type StepUp } from 'execution-identity';

const MAX_CLAIMS = 2048;

/**
 * What the failure of a token request means for the caller: RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 8707 §2, RFC 9470 §3. Of what
 * the server wrote, only the terms of a step-up are kept; its descriptions are not.
 */
export function failureOf(error: unknown): EieError {
  if (error instanceof EieError) return error;
  if (error instanceof oauth.UnsupportedOperationError) return new EieError('delegated_token_refused');
  switch (errorCode(error)) {
    case undefined:
    case 'temporarily_unavailable':
    case 'server_error':
    case 'slow_down':
      return new EieError('delegation_unavailable');
    case 'invalid_grant':
    case 'invalid_token':
      return new EieError('delegation_reauthenticate');
    case 'interaction_required':
    case 'login_required':
    case 'consent_required':
    case 'insufficient_user_authentication':
      return new EieError('delegation_step_up', { stepUp: stepUp((error as oauth.ResponseBodyError).cause) });
    case 'invalid_client':
    case 'unsupported_grant_type':
      return new EieError('delegation_misconfigured');
    default:
      return new EieError('delegation_denied');
  }
}

/** Errors of `fetch` for a server that cannot be reached, or is late. */
const NO_ANSWER = ['TypeError', 'TimeoutError', 'AbortError'];

/**
 * Whether the server itself failed: no connection, a time-out, or a status of 500 and above. A refusal, a 429 and a page of a firewall may
 * concern one user alone, so they are not outages: one user must not cut off all others.
 */
export function isOutage(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined ? NO_ANSWER.includes((error as Error | undefined)?.name ?? '') : status >= 500;
}

/** The `error` member of the response; `undefined` when the response is not an OAuth error. */
function errorCode(error: unknown): string | undefined {
  if (statusOf(error) === 429) return undefined;
  if (error instanceof oauth.ResponseBodyError) return error.error;
  return error instanceof oauth.WWWAuthenticateChallengeError ? 'invalid_client' : undefined;
}

function statusOf(error: unknown): number | undefined {
  const { status, cause } = (error ?? {}) as { status?: unknown; cause?: unknown };
  const answered = status ?? (cause as { status?: unknown } | undefined)?.status;
  return typeof answered === 'number' ? answered : undefined;
}

/** The values are checked: none can break out of the challenge parameter in which it is passed on. */
function stepUp({ acr_values, max_age, claims }: oauth.ResponseBodyError['cause']): StepUp {
  return {
    ...(typeof acr_values === 'string' && /^[\w:/.\-+# ]{1,512}$/.test(acr_values) && { acrValues: acr_values }),
    ...(Number.isSafeInteger(max_age) && (max_age as number) >= 0 && { maxAge: max_age as number }),
    ...(typeof claims === 'string' && claims.length <= MAX_CLAIMS && isObject(claims) && { claims }),
  };
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
