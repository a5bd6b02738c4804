import { type EieErrorCode } from 'execution-identity';
import { byText, type Words } from './words.js';

/** "Standard error responses" of the Authentication API, beyond those of the standard. */
const CODES: Readonly<Record<string, EieErrorCode>> = {
  mfa_required: 'delegation_step_up',
  requires_validation: 'delegation_step_up',
  too_many_requests: 'delegation_rate_limited',
  endpoint_disabled: 'delegation_misconfigured',
};

/** The names are ours. */
const texts = byText([
  ['access_denied', /^Service not enabled within domain/, 'delegation_audience_unavailable', 'service_not_enabled'],
  ['access_denied', /^Client .*is not authorized to access/, 'delegation_misconfigured', 'client_grant_missing'],
  ['invalid_request', /^Client .*is not authorized to access/, 'delegation_misconfigured', 'client_grant_missing'],
]);

export const auth0Words: Words = answer =>
  Object.hasOwn(CODES, answer.error) ? [CODES[answer.error]!, answer.error] : texts(answer);
