import { byText } from './words.js';

/** The answers of Keycloak's standard token exchange: nearly all of them are `invalid_request`. The names are ours. */
export const keycloakWords = byText([
  [
    'invalid_request',
    /^Standard token exchange is not enabled/,
    'delegation_misconfigured',
    'token_exchange_not_enabled',
  ],
  ['invalid_request', /^Parameter '\w+' is not supported/, 'delegation_misconfigured', 'parameter_not_supported'],
  ['invalid_request', /^Requested audience not available/, 'delegation_audience_unavailable', 'audience_not_available'],
  ['invalid_client', /^Audience not found/, 'delegation_audience_unavailable', 'audience_not_found'],
  ['invalid_request', /^Invalid token/, 'delegation_reauthenticate', 'subject_token_invalid'],
  ['invalid_scope', /^Missing consents for Token Exchange/, 'delegation_consent_required', 'consents_missing'],
  ['access_denied', /^Client is not within the token audience/, 'delegation_denied', 'client_not_in_token_audience'],
  ['invalid_request', /^Sender-constrained token exchange rejected/, 'delegation_denied', 'token_sender_constrained'],
]);
