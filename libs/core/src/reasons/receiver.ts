import { type Reason } from './reason.js';

/** Why a receiver does not let a call in: the second credential, and its agreement with the first. */
export const RECEIVER_REASONS = {
  txn_token_missing: [401, 'invalid_token', 'The call carries no Txn-Token.'],
  txn_token_invalid: [401, 'invalid_token', 'The Txn-Token cannot be trusted.'],
  txn_token_expired: [401, 'invalid_token', 'The Txn-Token has expired.'],
  txn_token_replayed: [401, 'invalid_token', 'The Txn-Token was used before, or it may have been.'],
  txn_token_unavailable: [
    503,
    undefined,
    'The replay store does not answer, so it is unknown whether the Txn-Token was used before: call again later.',
  ],
  service_not_named: [401, 'invalid_token', 'The Txn-Token does not name this service.'],
  credential_mismatch: [401, 'invalid_token', 'The access token and the Txn-Token do not agree.'],
} as const satisfies Record<string, Reason>;
