import { error, type Remedies, warn } from './remedy.js';

/** Reasons for which a credential is not accepted. */
export const ADMISSION = {
  request_malformed: warn(
    'Send one Authorization header with one token, and no token in the URL or in a form. A proxy that adds a second one must replace the first.',
  ),
  credentials_missing: warn(
    'Send "Authorization: Bearer <access token>". A first request without one is normal: the client learns from the challenge where to get a token.',
  ),
  edge_bypassed: error(
    'Let the HTTP adapter of the application, the one that EieModule belongs to, serve the request. A server that hands it to handlers in another way bypasses the edge.',
  ),
  edge_failed: error(
    'Find the middleware, hook or serverless adapter that makes the headers of the request unreadable or unchangeable, and register it after the application is initialised.',
  ),
  token_too_large: warn(
    'Have the issuer write fewer groups or roles into the token, or raise issuers[].maxTokenLength, to 16384 at most. Node accepts 16 KB of headers unless it runs with --max-http-header-size.',
  ),
  token_malformed: warn(
    'Send the access token as the issuer gave it, unchanged. If the issuer gives opaque tokens, set issuers[].opaqueTokens.',
  ),
  token_type_refused: warn(
    'Send an access token and no ID token. If the access tokens of this issuer have no "typ: at+jwt", name with issuers[].accessTokenClaim a claim that they have and its ID tokens lack; a preset has set it already.',
  ),
  algorithm_refused: warn(
    'Add the algorithm that the issuer signs access tokens with to issuers[].algorithms, or change it at the issuer. Symmetric algorithms are never accepted.',
  ),
  issuer_unknown: warn(
    'Compare "iss" with issuers[].issuer, character by character, the slash at the end included. A tenant or an internal host name in "iss" makes it another issuer.',
  ),
  issuer_unavailable: error(
    'With an HTTP status: correct the URL, jwksUri of the issuer; redirects are not followed. Without one: open the URL from the machine of this server, and look at host name, TLS certificate, firewall and proxy.',
  ),
  key_unknown: warn(
    'Compare "kid" and "alg" of the token with the keys that the issuer publishes. Another environment of the same issuer has other keys; a key with "use: enc" or below 2048 bits is not used.',
  ),
  signature_invalid: warn(
    'Send the token unchanged. If every token fails, issuers[].jwks or jwksUri has the keys of another issuer or environment.',
  ),
  audience_refused: error(
    'Have the client ask the issuer for a token for this server (RFC 8707 "resource", or "audience"), or add the identifier that the issuer uses for this server to issuers[].audience. A further audience is accepted if issuers[].toleratedAudiences names it.',
  ),
  token_inactive: warn('Sign in again: the issuer has ended this token, or does not know it.'),
  token_expired: warn(
    'Refresh the token, or sign in again. If fresh tokens expire at once, compare the clock of this machine with that of the issuer.',
  ),
  token_not_yet_valid: warn(
    'Synchronise the clocks of the issuer and of this machine: a difference of 30 seconds is accepted.',
  ),
  token_lifetime_refused: error(
    'Shorten the lifetime of access tokens at the issuer, or raise issuers[].maxLifetime, to a week at most.',
  ),
  claim_missing: error(
    'Have the issuer write this claim into access tokens, or name with issuers[].claims the claim that has the value there. Mandatory are iss, aud, exp, iat, the subject and the client id.',
  ),
  claim_invalid: error(
    'Look at this claim in a token of the issuer: it must be a text that prints, of at most 1024 characters, a number of seconds, or a list of texts. If it is another claim than you mean, set issuers[].claims.',
  ),
  proof_of_possession_unsupported: error(
    'Take DPoP tokens at an EieModule application and not at a receiver; for tokens that are bound to a certificate, configure where the certificate comes from. Or have the issuer give this client tokens that are not bound.',
  ),
  proof_of_possession_invalid: warn(
    'Send "Authorization: DPoP <token>" and one DPoP proof, made for this method and this URL with the key of the token. If a proxy changes the path or the host, set authorization.proofOfPossession.publicUrl.',
  ),
  proof_nonce_required: warn(
    'Make the proof again, with the value of the DPoP-Nonce header of this answer as its "nonce". Clients of RFC 9449 do so by themselves.',
  ),
  key_binding_refused: warn(
    'Send the token as it is bound: "DPoP" with a proof for one that is bound by DPoP, "Bearer" for one that is not, and the client certificate for one that is bound to it.',
  ),
  proof_replayed: warn(
    'Make a new DPoP proof, with a "jti" of its own, for every request. If every proof fails for a minute, the store behind ports.replay has lost data.',
  ),
  proof_unavailable: error('See whether the store behind ports.replay runs and can be reached.'),
  identity_revoked: warn('Sign in again: this identity was revoked.'),
  tenant_refused: error(
    'If this tenant is a customer of yours, add it to issuers[].tenants. If the token has no tenant, have the issuer write it, or name its claim with issuers[].claims.tenant.',
  ),
  actor_unclassified: error(
    'State with issuers[].actorType what shows a user and what shows a service; a preset has stated it, and docs/identity-providers.md says what the issuer must write. Where the issuer keeps RFC 9068: { user: { claim: "sub", differsFrom: "client_id" } }.',
  ),
  actor_chain_refused: warn(
    'Have the issuer write "act" as RFC 8693 §4.1 says, each actor with "sub", and at most four of them.',
  ),
  agents_unavailable: error(
    'See whether the agent source behind ports.agents runs, answers within 2 seconds and gives { id, ... }.',
  ),
  agent_unregistered: error(
    'Add the client to issuers[].agents, { "client-id": "agent-id" }, or change authorization.unregisteredAgents.',
  ),
  signal_malformed: warn(
    'Send one logout_token as a form to the path of authorization.signals.logout, and one SET as application/secevent+jwt to that of authorization.signals.events, each of at most 32 KB.',
  ),
  signal_unauthenticated: warn(
    'Give the transmitter the secret of authorization.signals.events.transmitters[].secret, to be sent as "Authorization: Bearer …".',
  ),
  signal_replayed: warn('Nothing needs to be done: it was acted on when it came first.'),
  signal_unavailable: error('See whether the store behind ports.replay runs and can be reached.'),
  txn_token_missing: warn(
    'Call this service through a server with EieModule whose target for it is not "external", so that the call carries a Txn-Token.',
  ),
  txn_token_invalid: error(
    'Compare trust of this receiver with the caller: the issuer of its envelopes (its "resource"), the trust domain (signing.trustDomain) and the URL of its keys (/.well-known/jwks.json).',
  ),
  txn_token_expired: warn(
    'Make the call with a fresh Txn-Token; the delegated fetch does. Compare the clocks of both machines.',
  ),
  txn_token_replayed: warn('Send each Txn-Token that is for one use once. A retry needs a new one.'),
  txn_token_unavailable: error('See whether the store behind ports.replay runs and can be reached.'),
  service_not_named: error(
    'The name of the target at the caller (targets) and "service" of this receiver must be the same; a service behind another service is named in its "onward".',
  ),
  credential_mismatch: error(
    'Both credentials must be of one user and of a configured presenter: add the client of the access token to presenters of the sealing server in trust.issuers[].',
  ),
} as const satisfies Partial<Remedies>;
