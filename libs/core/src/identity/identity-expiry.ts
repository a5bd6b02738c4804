import { EieError } from '../errors.js';
import { type ExecutionIdentityEnvelope } from './execution-identity-envelope.js';

/**
 * Checks that the identity has not expired, before something starts in it. There is no leeway: the issuer sets the lifetime.
 *
 * @param now seconds since the epoch
 * @throws EieError `identity_expired`
 */
export function assertLive(envelope: ExecutionIdentityEnvelope, now: number): void {
  if (envelope.meta.expires_at <= now) throw new EieError('identity_expired');
}
