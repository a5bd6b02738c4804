import { EieError } from '../eie.error.js';
import { type ExecutionIdentityEnvelope } from '../envelope/execution-identity-envelope.js';
import { useToken } from '../vault.js';
import { type Target } from './targets.js';
import { type TokenClient } from './token-client.js';

/** What a mode knows when it gets the credential of one call. */
export interface ModeCall {
  readonly envelope: ExecutionIdentityEnvelope;
  readonly target: Target;
  /** Target ∩ envelope; never empty. */
  readonly scopes: readonly string[];
  readonly tokens: TokenClient;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** One way to call a target: one file each. To add one, add its name to `DELEGATION_MODES` and its file here. */
export interface Mode {
  /** Whether it acts for a user; then a service actor is refused. */
  readonly forUser: boolean;
  /** The proven access token to send. @throws EieError */
  obtain(call: ModeCall): Promise<string>;
}

/**
 * The user's token, toward the issuer that minted it.
 *
 * @throws EieError `delegation_denied` when this execution has none: another issuer minted it, or the call has ended
 */
export function subjectToken({ envelope, target }: ModeCall): string {
  const token = useToken(envelope, target.issuer);
  if (token === undefined) throw new EieError('delegation_denied');
  return token;
}
