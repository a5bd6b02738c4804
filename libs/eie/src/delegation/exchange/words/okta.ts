import { byText } from './words.js';

/** The answers of a custom authorization server of Okta. The names are ours. */
export const oktaWords = byText([
  [
    'access_denied',
    /user is not assigned to the client application/i,
    'delegation_user_not_assigned',
    'user_not_assigned',
  ],
  [
    'invalid_grant',
    /user is not assigned to the client application/i,
    'delegation_user_not_assigned',
    'user_not_assigned',
  ],
  ['access_denied', /^Policy evaluation failed/, 'delegation_denied', 'policy_evaluation_failed'],
  ['invalid_scope', /^One or more scopes are not configured/, 'delegation_denied', 'scopes_not_configured'],
]);
