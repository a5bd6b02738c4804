/**
 * Every reason for which this library refuses or fails. A closed union: it is what the audit trail holds and what
 * callers switch on. The client learns the reason only where {@link wireOf} says so.
 */
export type EieErrorCode =
  // admission: the credential of the request
  | 'request_malformed'
  | 'credentials_missing'
  | 'token_too_large'
  | 'token_malformed'
  | 'token_type_refused'
  | 'algorithm_refused'
  | 'issuer_unknown'
  | 'issuer_unavailable'
  | 'key_unknown'
  | 'signature_invalid'
  | 'audience_refused'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'token_lifetime_refused'
  | 'claim_missing'
  | 'claim_invalid'
  | 'proof_of_possession_unsupported'
  | 'tenant_refused'
  | 'actor_unclassified'
  | 'actor_chain_refused'
  | 'agent_unregistered'
  // admission at a receiver: the second credential and its agreement with the first
  | 'txn_token_missing'
  | 'txn_token_invalid'
  | 'txn_token_expired'
  | 'service_not_named'
  | 'credential_mismatch'
  // authorization of one execution
  | 'insufficient_scope'
  | 'policy_missing'
  | 'decision_missing'
  | 'unsupported_context'
  | 'input_invalid'
  // the envelope
  | 'identity_missing'
  | 'identity_forged'
  | 'identity_of_another_copy'
  | 'identity_expired'
  // delegation
  | 'target_undeclared'
  | 'target_url_refused'
  | 'target_request_refused'
  | 'target_unavailable'
  | 'delegation_requires_user'
  | 'delegation_scope_empty'
  | 'delegation_reauthenticate'
  | 'delegation_step_up'
  | 'delegation_denied'
  | 'delegation_misconfigured'
  | 'delegation_unavailable'
  | 'delegated_token_refused'
  // the trail
  | 'audit_unavailable';

const TEXT: Record<EieErrorCode, string> = {
  request_malformed: 'The request carries its credential in a way that is not allowed: send exactly one Authorization header.',
  credentials_missing: 'The request carries no bearer token.',
  token_too_large: 'The token is longer than the boundary reads.',
  token_malformed: 'The token is not a compact JWS in canonical form.',
  token_type_refused: 'The token is not an access token of this issuer.',
  algorithm_refused: 'The token is signed with an algorithm that this issuer is not configured for.',
  issuer_unknown: 'The token names an issuer that is not configured.',
  issuer_unavailable: 'The keys of the issuer cannot be fetched.',
  key_unknown: 'The issuer has no key that fits the token.',
  signature_invalid: 'The signature of the token does not verify.',
  audience_refused: 'The token was not issued for this server.',
  token_expired: 'The token has expired.',
  token_not_yet_valid: 'The token is not valid yet.',
  token_lifetime_refused: 'The token lives longer than the issuer may grant.',
  claim_missing: 'The token lacks a mandatory claim.',
  claim_invalid: 'A claim of the token has the wrong form.',
  proof_of_possession_unsupported: 'The token is bound to a key (cnf) and the proof cannot be checked.',
  tenant_refused: 'The token names a tenant that its issuer may not assert, or lacks one.',
  actor_unclassified: 'The token does not show whether a user or a service acts.',
  actor_chain_refused: 'The actor chain (act) of the token is malformed or deeper than 4.',
  agent_unregistered: 'The client of the token is not in the agent registry.',
  txn_token_missing: 'The call carries no Txn-Token.',
  txn_token_invalid: 'The Txn-Token cannot be trusted.',
  txn_token_expired: 'The Txn-Token has expired.',
  service_not_named: 'The Txn-Token does not name this service.',
  credential_mismatch: 'The access token and the Txn-Token do not agree.',
  insufficient_scope: 'The token lacks a scope that this operation needs.',
  policy_missing: 'The handler has no identity policy: decorate it with @RequireScopes(), @RequireAnyScope(), @Authenticated() or @Public().',
  decision_missing: 'The execution was started without an authorization decision: run tools through the MCP route.',
  unsupported_context: 'This kind of handler is not protected by EieModule and is refused.',
  input_invalid: 'The input of the tool does not fit its schema.',
  identity_missing: 'The handler runs without an identity: it is public, or the guard did not run.',
  identity_forged: 'The object is not an identity that this process issued or opened.',
  identity_of_another_copy: 'The identity comes from a second copy of nestjs-eie: deduplicate the package (npm ls nestjs-eie).',
  identity_expired: 'The execution identity has expired.',
  target_undeclared: 'The handler does not declare this target: add @Delegated() or @DelegatesTo() with its name.',
  target_url_refused: 'The URL is not inside the base URL of the target.',
  target_request_refused: 'The request sets a header that only the delegation service may set.',
  target_unavailable: 'The target cannot be reached.',
  delegation_requires_user: 'This mode acts for a user, and the actor is a service.',
  delegation_scope_empty: 'The identity holds none of the scopes that the target is configured with.',
  delegation_reauthenticate: 'The authorization server no longer accepts the subject token: the user must sign in again.',
  delegation_step_up: 'The authorization server asks for a stronger or newer authentication of the user.',
  delegation_denied: 'The authorization server denies this delegation.',
  delegation_misconfigured: 'The authorization server does not accept this server as a client: check issuers[].client and the grant types it may use.',
  delegation_unavailable: 'The authorization server cannot be reached or does not answer as one.',
  delegated_token_refused: 'The authorization server returned a token that is not what was asked for.',
  audit_unavailable: 'The audit trail cannot be written, so the call does not run.',
};

/** The `error` parameter of a bearer challenge: RFC 6750 §3.1. */
export type BearerError = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

/** What a client is told over HTTP. */
export interface Wire {
  status: 400 | 401 | 403 | 500 | 502 | 503;
  /** Present when the answer is a bearer challenge; `error: undefined` is a challenge without an error code (RFC 6750 §3). */
  challenge?: { error?: BearerError };
}

/** The one place where a reason becomes an HTTP answer. Causes that share an answer are indistinguishable on purpose. */
export function wireOf(code: EieErrorCode): Wire {
  switch (code) {
    case 'request_malformed':
      return { status: 400, challenge: { error: 'invalid_request' } };
    case 'input_invalid':
      return { status: 400 };
    case 'credentials_missing':
      return { status: 401, challenge: {} };
    case 'token_too_large':
    case 'token_malformed':
    case 'token_type_refused':
    case 'algorithm_refused':
    case 'issuer_unknown':
    case 'key_unknown':
    case 'signature_invalid':
    case 'audience_refused':
    case 'token_expired':
    case 'token_not_yet_valid':
    case 'token_lifetime_refused':
    case 'claim_missing':
    case 'claim_invalid':
    case 'proof_of_possession_unsupported':
    case 'tenant_refused':
    case 'actor_unclassified':
    case 'actor_chain_refused':
    case 'txn_token_missing':
    case 'txn_token_invalid':
    case 'txn_token_expired':
    case 'service_not_named':
    case 'credential_mismatch':
    case 'identity_expired':
    case 'delegation_reauthenticate':
    case 'delegation_step_up':
      return { status: 401, challenge: { error: 'invalid_token' } };
    case 'insufficient_scope':
    case 'delegation_scope_empty':
      return { status: 403, challenge: { error: 'insufficient_scope' } };
    case 'agent_unregistered':
    case 'policy_missing':
    case 'unsupported_context':
    case 'delegation_requires_user':
    case 'delegation_denied':
      return { status: 403 };
    case 'decision_missing':
    case 'identity_missing':
    case 'identity_forged':
    case 'identity_of_another_copy':
    case 'target_undeclared':
    case 'target_url_refused':
    case 'target_request_refused':
    case 'delegation_misconfigured':
      return { status: 500 };
    case 'delegated_token_refused':
    case 'target_unavailable':
      return { status: 502 };
    case 'issuer_unavailable':
    case 'delegation_unavailable':
    case 'audit_unavailable':
      return { status: 503 };
  }
}

/**
 * A refusal or failure of this library: a code and a fixed text.
 *
 * It never carries a token, a claim or a payload, neither in its message nor in a property, so it may be logged as it is.
 */
export class EieError extends Error {
  override readonly name = 'EieError';
  /** For `insufficient_scope` and `delegation_scope_empty`: every scope of the operation, not only the missing ones. */
  readonly scopes: readonly string[];

  constructor(readonly code: EieErrorCode, scopes: readonly string[] = []) {
    super(TEXT[code]);
    this.scopes = scopes;
  }
}

/** Thrown at boot, and only there: a wrong set-up. The message names the option or handler, and the fix. */
export class EieConfigurationError extends Error {
  override readonly name = 'EieConfigurationError';
}
