import { EieError } from '../errors.js';
import { seconds } from './claim-values.js';
import { apart, CLOCK_SKEW } from './clock-skew.js';
import { type ParsedJws } from './compact-jws.js';

/** Seconds since the epoch. */
interface Lifetime {
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/**
 * The times of an access token (RFC 7519 §4.1.4 to §4.1.6): `exp` and `iat` are mandatory, and an expired token is reported
 * as expired before anything else is.
 *
 * @param maxLifetime `exp - iat` at most, in seconds
 * @param now seconds since the epoch
 * @throws EieError `claim_missing`, `claim_invalid`, `token_expired`, `token_not_yet_valid`, `token_lifetime_refused`
 */
export function lifetimeOf(claims: ParsedJws['claims'], maxLifetime: number, now: number): Lifetime {
  const expiresAt = seconds(claims, 'exp');
  if (expiresAt === undefined) throw new EieError('claim_missing', { finding: { claim: 'exp' } });
  if (expiresAt <= now)
    throw new EieError('token_expired', {
      finding: { claim: 'exp', fix: `${apart(expiresAt, now)} If they agree, the client has to refresh its token.` },
    });
  const issuedAt = seconds(claims, 'iat');
  if (issuedAt === undefined) throw new EieError('claim_missing', { finding: { claim: 'iat' } });
  const validFrom = Math.max(issuedAt, seconds(claims, 'nbf') ?? 0);
  if (validFrom > now + CLOCK_SKEW.accessToken)
    throw new EieError('token_not_yet_valid', {
      finding: { claim: validFrom === issuedAt ? 'iat' : 'nbf', fix: apart(validFrom, now) },
    });
  if (expiresAt - issuedAt > maxLifetime)
    throw new EieError('token_lifetime_refused', {
      finding: { claim: 'exp', expected: `at most ${maxLifetime} seconds after "iat"` },
    });
  return { issuedAt, expiresAt };
}
