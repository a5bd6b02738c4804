import { type EieErrorCode } from 'execution-identity';
import { type Words } from './words.js';

/**
 * RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 8707 §2, RFC 9449, RFC 9470 §3, OpenID Connect Core §3.1.2.6 and RFC 8628 §3.5, for what may come from a
 * token endpoint. `invalid_request` is ambiguous: RFC 8693 also has it for a subject token that is not accepted.
 */
const STANDARD: Readonly<Record<string, EieErrorCode>> = {
  invalid_grant: 'delegation_reauthenticate',
  invalid_token: 'delegation_reauthenticate',
  interaction_required: 'delegation_step_up',
  login_required: 'delegation_step_up',
  insufficient_user_authentication: 'delegation_step_up',
  unmet_authentication_requirements: 'delegation_step_up',
  consent_required: 'delegation_consent_required',
  invalid_target: 'delegation_audience_unavailable',
  invalid_client: 'delegation_misconfigured',
  unauthorized_client: 'delegation_misconfigured',
  unsupported_grant_type: 'delegation_misconfigured',
  invalid_dpop_proof: 'delegation_misconfigured',
  use_dpop_nonce: 'delegation_misconfigured',
  access_denied: 'delegation_denied',
  invalid_scope: 'delegation_denied',
  invalid_request: 'delegation_denied',
  slow_down: 'delegation_rate_limited',
  temporarily_unavailable: 'delegation_unavailable',
  server_error: 'delegation_unavailable',
};

export const standardWords: Words = ({ error }) =>
  Object.hasOwn(STANDARD, error) ? [STANDARD[error]!, error] : undefined;
