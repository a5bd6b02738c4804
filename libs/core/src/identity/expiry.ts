import { EieError } from '../errors.js';
import { type ExecutionIdentityEnvelope } from './execution-identity-envelope.js';

/**
 * Whether something may still start in this identity. It has no leeway: whoever issued it could have made it longer.
 *
 * @param now seconds since the epoch
 * @throws EieError `identity_expired`
 */
export function assertLive(envelope: ExecutionIdentityEnvelope, now: number): void {
  if (envelope.meta.expires_at <= now) throw new EieError('identity_expired');
}
