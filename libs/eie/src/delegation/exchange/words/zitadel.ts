import { byText } from './words.js';

/** The answers of ZITADEL's token exchange. The names are ours. */
export const zitadelWords = byText([
  ['invalid_request', /^subject_token invalid/, 'delegation_reauthenticate', 'subject_token_invalid'],
  ['invalid_request', /^actor_token invalid/, 'delegation_misconfigured', 'actor_token_invalid'],
  ['invalid_target', /^resource parameter not supported/, 'delegation_misconfigured', 'resource_not_supported'],
]);
