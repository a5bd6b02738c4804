import { DELEGATION_REASONS } from './reasons/delegation.js';
import { JOB_REASONS } from './reasons/jobs.js';
import { type ChallengeError, type Reason, type Status } from './reasons/reason.js';
import { RECEIVER_REASONS } from './reasons/receiver.js';

export { type ChallengeError } from './reasons/reason.js';

/**
 * Every reason, what it is on the wire, and its text: the one place where a reason becomes an HTTP answer. Causes that
 * share an answer are indistinguishable to the client on purpose.
 */
const REASONS = {
  // admission: the credential of the request
  request_malformed: [
    400,
    'invalid_request',
    'The request carries its credential in a way that is not allowed: send exactly one Authorization header.',
  ],
  credentials_missing: [401, 'none', 'The request carries no bearer token.'],
  edge_bypassed: [
    503,
    undefined,
    'The request did not pass the edge of EieModule: serve it by the HTTP adapter of the application.',
  ],
  edge_failed: [503, undefined, 'The headers of the request cannot be read, so its credentials cannot be removed.'],
  // Not 401: a client that signs in again gets the same groups, and so the same length.
  token_too_large: [431, undefined, 'The token is longer than its issuer is configured for: see "maxTokenLength".'],
  token_malformed: [401, 'invalid_token', 'The token is not a compact JWS in canonical form.'],
  token_type_refused: [401, 'invalid_token', 'The token is not an access token of this issuer.'],
  algorithm_refused: [
    401,
    'invalid_token',
    'The token is signed with an algorithm that this issuer is not configured for.',
  ],
  issuer_unknown: [401, 'invalid_token', 'The token names an issuer that is not configured.'],
  issuer_unavailable: [503, undefined, 'The issuer cannot be asked for its keys, or about a token.'],
  key_unknown: [401, 'invalid_token', 'The issuer has no key that fits the token.'],
  signature_invalid: [401, 'invalid_token', 'The signature of the token does not verify.'],
  audience_refused: [401, 'invalid_token', 'The token was not issued for this server.'],
  token_inactive: [401, 'invalid_token', 'The issuer says that the token is not active.'],
  token_expired: [401, 'invalid_token', 'The token has expired.'],
  token_not_yet_valid: [401, 'invalid_token', 'The token is not valid yet.'],
  token_lifetime_refused: [401, 'invalid_token', 'The token lives longer than the issuer may grant.'],
  claim_missing: [401, 'invalid_token', 'The token lacks a mandatory claim.'],
  claim_invalid: [401, 'invalid_token', 'A claim of the token has the wrong form.'],
  proof_of_possession_unsupported: [401, 'invalid_token', 'The token is bound (cnf) and the proof cannot be checked.'],
  proof_of_possession_invalid: [401, 'invalid_dpop_proof', 'The token is bound (cnf) and its key is not proven.'],
  proof_replayed: [401, 'invalid_dpop_proof', 'The proof was used before, or it may have been.'],
  proof_unavailable: [
    503,
    undefined,
    'The replay store does not answer, so it is unknown whether the proof was used before: call again later, with a new proof.',
  ],
  proof_nonce_required: [401, 'use_dpop_nonce', 'The proof lacks a nonce of this server that is valid.'],
  key_binding_refused: [401, 'invalid_token', 'The token is bound (cnf) to nothing, or not to what its sender holds.'],
  identity_revoked: [401, 'invalid_token', 'The identity was revoked after the token was issued.'],
  tenant_refused: [401, 'invalid_token', 'The token names a tenant that its issuer may not assert, or lacks one.'],
  actor_unclassified: [401, 'invalid_token', 'The token does not show whether a user or a service acts.'],
  actor_chain_refused: [401, 'invalid_token', 'The actor chain (act) of the token is malformed or deeper than 4.'],
  agent_unregistered: [403, undefined, 'The client of the token is not in the agent registry.'],
  agents_unavailable: [503, undefined, 'The agent registry does not answer, so it is unknown what the agent may do.'],
  // signals from outside: logout tokens and security event tokens
  signal_malformed: [400, undefined, 'The body of the request is not one signed token of this kind.'],
  signal_unauthenticated: [401, undefined, 'The transmitter does not present the secret that is configured for it.'],
  signal_replayed: [400, undefined, 'The signal was received before, and what it asks for holds.'],
  signal_unavailable: [
    503,
    undefined,
    'It cannot be known whether the signal was received before: send it again later.',
  ],
  ...RECEIVER_REASONS,
  // authorization of one execution
  insufficient_scope: [403, 'insufficient_scope', 'The token lacks a scope that this operation needs.'],
  insufficient_role: [403, undefined, 'The identity has none of the roles that this operation needs.'],
  insufficient_login: [
    401,
    'insufficient_user_authentication',
    'The user has not logged in as this operation needs it, or too long ago.',
  ],
  actor_not_allowed: [403, undefined, 'This operation is for users, or for services, and the actor is the other one.'],
  agent_not_allowed: [403, undefined, 'The agent may not do this, whatever its user may.'],
  tenant_not_allowed: [403, undefined, 'The tenant does not allow this, whatever its users may.'],
  policy_missing: [
    403,
    undefined,
    'The handler has no identity policy: decorate it with @RequireScopes(), @RequireAnyScope(), @RequireRoles(), @Authenticated() or @Public().',
  ],
  approval_required: [
    403,
    undefined,
    'A person must approve this call before it runs: call again with the same arguments once it is approved.',
  ],
  approval_denied: [403, undefined, 'The approval of this call was denied.'],
  approval_unaskable: [
    403,
    undefined,
    'Nobody can be asked to approve this call: its client has no elicitation by form, the server has no session with it, or the caller is a service, which has no user.',
  ],
  approval_unknown: [
    404,
    undefined,
    'There is no such approval for this call: it was used, has expired, or is for another call.',
  ],
  approver_refused: [403, undefined, 'Whoever made or sent the call cannot decide about it, nor can a service.'],
  approval_unavailable: [503, undefined, 'The store of approvals does not answer, so the call does not run.'],
  policy_denied: [403, undefined, 'The policy engine denies the call.'],
  policy_unavailable: [503, undefined, 'The policy engine does not decide, so no call is allowed.'],
  handler_unregistered: [
    500,
    undefined,
    'It is unclear which handler this function is, so its policy is unknown: see the log of the application.',
  ],
  decision_missing: [
    500,
    undefined,
    'The execution was started without an authorization decision: run tools through the MCP route.',
  ],
  unsupported_context: [403, undefined, 'This kind of handler is not protected by EieModule and is refused.'],
  host_refused: [403, undefined, 'The request names a host under which this route is not called: see "allowedHosts".'],
  origin_refused: [
    403,
    undefined,
    'The request comes from a web page that may not call this route: see "allowedOrigins".',
  ],
  input_invalid: [400, undefined, 'The input of the tool does not fit its schema.'],
  handler_unknown: [404, undefined, 'There is no tool, resource, prompt or job handler of this name.'],
  session_unknown: [404, undefined, 'There is no such session.'],
  session_foreign: [404, undefined, 'The session belongs to another principal.'],
  result_invalid: [500, undefined, 'The result of the tool does not fit the output that it declares.'],
  result_unserializable: [
    500,
    undefined,
    'The result of the handler cannot be written as JSON: it has a cycle or a BigInt, or holds a promise, a stream, a Response or the like.',
  ],
  request_state_unavailable: [
    503,
    undefined,
    'The store of what is remembered between two rounds, or of what of it was used, does not answer.',
  ],
  limit_reached: [429, undefined, 'The caller has as much in use as it may: wait until some of it has ended.'],
  server_closing: [
    503,
    undefined,
    'The server is being stopped: it opens no stream any more, and what a call that is cut off has done is unknown.',
  ],
  caller_left: [400, undefined, 'The caller went away before the handler began, so it did not run.'],
  identity_missing: [500, undefined, 'The handler runs without an identity: it is public, or the guard did not run.'],
  identity_forged: [500, undefined, 'The object is not an identity that this process issued or opened.'],
  identity_of_another_copy: [
    500,
    undefined,
    'The identity comes from a second copy of execution-identity: deduplicate the package (npm ls execution-identity).',
  ],
  identity_expired: [401, 'invalid_token', 'The execution identity has expired.'],
  call_overdue: [504, undefined, 'The call has run past its deadline: whether it has taken effect is unknown.'],
  ...DELEGATION_REASONS,
  ...JOB_REASONS,
  txn_token_too_large: [
    500,
    undefined,
    'The identity is too large for a Txn-Token, so nothing was sent: a receiver takes 12,288 characters.',
  ],
  signing_unavailable: [503, undefined, 'The signer of this server does not answer, so nothing can be signed.'],
  revocation_unavailable: [503, undefined, 'The revocation store does not answer, so no identity is believed.'],
  revocation_invalid: [
    500,
    undefined,
    'The identity to revoke names an issuer that is not configured, or has a member that is empty or not known: leave the member out, or give its value.',
  ],
  audit_unavailable: [503, undefined, 'The audit log cannot be written, so the call does not run.'],
} as const satisfies Record<string, Reason>;

/** Why this library refuses or fails: a closed union. The audit log holds it, and callers switch on it. */
export type EieErrorCode = keyof typeof REASONS;

/** Every reason, in the order in which a call meets them. */
export const REASON_CODES = Object.freeze(Object.keys(REASONS) as EieErrorCode[]);

/** What a client is told over HTTP. */
export interface Wire {
  readonly status: Status;
  /** Present when the answer is a challenge. */
  readonly challenge?: { readonly error?: ChallengeError };
}

/**
 * What a client is told over HTTP for a reason: status, and the challenge where other credentials would help.
 *
 * @example response.status(wireOf(error.code).status)
 */
export function wireOf(code: EieErrorCode): Wire {
  const [status, challenge]: Reason = REASONS[code];
  if (!challenge) return { status };
  return { status, challenge: challenge === 'none' ? {} : { error: challenge } };
}

/** The fixed text of a reason. */
export const textOf = (code: EieErrorCode): string => REASONS[code][2];
