import { error, type Remedies, warn } from './remedy.js';

/** Reasons for which a call of a target does not happen, or gives nothing. */
export const DELEGATION = {
  target_undeclared: error(
    'Add @Delegated("name") to a parameter of the handler, or @DelegatesTo("name") to the handler, with a name that targets has.',
  ),
  target_not_received: warn(
    'See whether the caller holds one of the scopes that the server which seals lists for this target in "onward", and whether it lists it there at all.',
  ),
  target_tenant_unknown: error('Add the tenant of the user to targets.<name>.tenants, or refuse it earlier.'),
  target_issuer_refused: error(
    'Add the name of the preset of that issuer to inboundIssuer(...) of the target, or refuse its users earlier.',
  ),
  target_url_refused: error(
    'Call a path inside baseUrl of the target, built with path`/orders/${id}`. Dot segments, backslashes and encoded slashes are refused.',
  ),
  target_redirect_refused: error(
    'Call the URL that the API redirects to, inside baseUrl of the target. A redirect is followed at most three times, of a GET or HEAD alone, and never out of baseUrl.',
  ),
  target_request_refused: error(
    'Do not set Authorization, Cookie, DPoP, traceparent, Txn-Token or the advisory headers: the delegated fetch sets them. A body that its credential has to sign has at most 8 MB.',
  ),
  target_response_refused: error('Have the API not return credentials: its answer holds a token of this server.'),
  target_unavailable: error(
    'Open baseUrl of the target from the machine of this server. If it answers late, raise targets.<name>.timeout.',
  ),
  target_failed: error(
    'See the log of the API. With 401 or 403, compare what it expects with resource, audience and scopes of the target, or with its credential.',
  ),
  target_credential_unavailable: error(
    'See whether what makes the credential of this target (credential.authorize) answers in time and does not throw.',
  ),
  delegation_requires_user: error(
    'Call this target for users only, or give it the mode "service_identity": a service has no user to act for.',
  ),
  delegation_scope_empty: warn(
    'Ask for a token with one of the scopes of the target. If the target has other names for them, map ours to its: targets.<name>.scopes: { "orders:read": ["Orders.Read"] }.',
  ),
  delegation_reauthenticate: warn('Sign in again: the authorization server no longer takes this token.'),
  delegation_step_up: warn('Sign in as the challenge says, with its acr_values, max_age or claims.'),
  delegation_token_missing: error(
    'Let callers of this tool come with a token of the issuer of the target: a token of another issuer, a service, and a client over stdio have none that it could exchange.',
  ),
  delegation_in_job: error(
    'Call this target before the job, in the call of the user; or give the worker a target of the mode "service_identity", which the API decides by the Txn-Token.',
  ),
  delegation_consent_required: error(
    'Have the user, or an administrator for all users, consent to this server calling the target, at the authorization server.',
  ),
  delegation_user_not_assigned: warn('Assign the user to the application of the target at the authorization server.'),
  delegation_audience_unavailable: error(
    'Compare resource and audience of the target with what the authorization server calls it, and allow this client to ask for it there.',
  ),
  delegation_rate_limited: warn(
    'Wait as long as the answer says. If it happens often, raise the limit at the authorization server.',
  ),
  delegation_denied: error(
    'See at the authorization server whether this client may exchange tokens, for this target and with these scopes.',
  ),
  delegation_misconfigured: error(
    'Check issuers[].client (client id, method, secret or key) and, at the authorization server, which grant types this client may use.',
  ),
  delegation_unavailable: error(
    'Open the token endpoint from the machine of this server: host name, TLS certificate, firewall, proxy. If its URL is wrong, set issuers[].metadata: { tokenEndpoint }.',
  ),
  delegated_token_refused: error(
    'Compare the audience, the scopes, the subject and "act" of the tokens that the authorization server issues with resource, audience, scopes and actEvidence of the target.',
  ),
  txn_token_too_large: error(
    'Have the issuer write fewer roles into its tokens, or name the claim with those that count: issuers[].claims.roles.',
  ),
  signing_unavailable: error('See whether the signer (KMS, HSM) runs, answers in time and uses the key it names.'),
} as const satisfies Partial<Remedies>;
