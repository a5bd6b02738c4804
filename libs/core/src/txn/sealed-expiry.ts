import { EieError } from '../errors.js';
import { apart, CLOCK_SKEW } from '../token/clock-skew.js';
import { type DecodedEnvelope } from './envelope-codec.js';

/** Seconds. It limits trusted servers too: a stolen envelope must soon expire. */
const MAX_LIFETIME = 300;

/**
 * The times of a sealed envelope.
 *
 * @param now seconds since the epoch
 * @throws EieError `txn_token_expired`, `txn_token_invalid`
 */
export function checkLifetime({ parts, notBefore = 0 }: DecodedEnvelope, now: number): void {
  const { created_at, expires_at } = parts.meta;
  if (expires_at <= now) throw new EieError('txn_token_expired');
  const validFrom = Math.max(created_at, notBefore);
  if (validFrom > now + CLOCK_SKEW.sealedEnvelope)
    throw new EieError('txn_token_invalid', {
      finding: { claim: validFrom === created_at ? 'iat' : 'nbf', fix: apart(validFrom, now) },
    });
  if (expires_at - created_at > MAX_LIFETIME)
    throw new EieError('txn_token_invalid', {
      finding: { claim: 'exp', expected: `at most ${MAX_LIFETIME} seconds after "iat"` },
    });
}
