/**
 * The `error` parameter of a challenge: RFC 6750 §3.1, RFC 9470 §3; `insufficient_claims` is Entra ID's. Those of a DPoP proof (RFC 9449 §7.1,
 * §9) are for the scheme `DPoP` alone.
 */
export type ChallengeError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'insufficient_claims'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce';

export type Status = 400 | 401 | 403 | 404 | 429 | 431 | 500 | 502 | 503 | 504;
/** HTTP status; the challenge it carries, `'none'` being one without an error code (RFC 6750 §3); the fixed text. */
export type Reason = readonly [status: Status, challenge: ChallengeError | 'none' | undefined, text: string];
