import { type Reason } from './reason.js';

/** Why a call of a target is refused or fails. "The authorization server" is the subject only where it was asked. */
export const DELEGATION_REASONS = {
  target_undeclared: [500, undefined, 'The handler does not declare this target.'],
  target_not_received: [403, undefined, 'The Txn-Token of this call does not name the target as one to call onward.'],
  target_tenant_unknown: [403, undefined, 'The target is configured for other tenants than that of the actor.'],
  target_issuer_refused: [403, undefined, 'The target is meant for actors of another kind of issuer.'],
  target_url_refused: [500, undefined, 'The URL is not inside the base URL of the target.'],
  target_redirect_refused: [
    502,
    undefined,
    'The target redirects where the call may not follow. What it has done with the call is not known.',
  ],
  target_request_refused: [
    500,
    undefined,
    'The request sets a header that only the delegation service may set, or its body is too long to be signed.',
  ],
  target_response_refused: [502, undefined, 'The answer of the target holds a credential.'],
  target_credential_unavailable: [
    503,
    undefined,
    'The credential of the target failed or was late, so nothing was sent: see targets.<name>.credential.',
  ],
  target_unavailable: [502, undefined, 'The target cannot be reached.'],
  target_failed: [502, undefined, 'The target answered with an error.'],
  delegation_requires_user: [403, undefined, 'This mode acts for a user, and the actor is a service.'],
  delegation_scope_empty: [
    403,
    'insufficient_scope',
    'The identity holds none of the scopes that the target is configured with.',
  ],
  delegation_reauthenticate: [
    401,
    'invalid_token',
    'The authorization server no longer accepts the subject token: the user must sign in again.',
  ],
  delegation_step_up: [
    401,
    'insufficient_user_authentication',
    'The authorization server, or the target, asks for a stronger or newer authentication of the user.',
  ],
  delegation_token_missing: [
    403,
    undefined,
    'The call has no token that the issuer of the target could exchange, so nothing was asked: the user must come with a token of that issuer.',
  ],
  delegation_in_job: [
    403,
    undefined,
    'A job has no token of its user: the server that sealed it has kept the token to itself. This target needs one.',
  ],
  delegation_consent_required: [
    403,
    undefined,
    'The authorization server says that the user or an administrator has not consented to this access.',
  ],
  delegation_user_not_assigned: [
    403,
    undefined,
    'The authorization server says that the user is not assigned to the application.',
  ],
  delegation_audience_unavailable: [
    403,
    undefined,
    'The authorization server gives no token for this target: it does not know it, or not for this server and user.',
  ],
  delegation_denied: [403, undefined, 'The authorization server denies this delegation.'],
  delegation_misconfigured: [
    500,
    undefined,
    'This server is not set up as a client that may do this at the authorization server: check issuers[].client, and the grants that the client may use there.',
  ],
  delegation_rate_limited: [503, undefined, 'The authorization server is asked too often: wait, and try again.'],
  delegation_unavailable: [503, undefined, 'The authorization server cannot be reached or does not answer as one.'],
  delegated_token_refused: [
    502,
    undefined,
    'The authorization server returned a token that is not what was asked for.',
  ],
} as const satisfies Record<string, Reason>;
