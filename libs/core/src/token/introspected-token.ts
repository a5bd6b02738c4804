import { EieError } from '../errors.js';
import { type AccessToken } from './access-token.js';
import { readClaims } from './claims-policy.js';
import { type IssuerPolicy } from './issuer-policy.js';

/** Fewer than three parts: a token of three is a JWT, and one that fails is never asked about instead. */
export function isOpaque(token: string): boolean {
  return token.split('.', 3).length < 3;
}

/**
 * What an issuer says of an opaque token (RFC 7662 §2.2), by the same claims policy as a JWT: `aud`, `sub`, client id and
 * `exp` are mandatory here, though the RFC leaves them out. Without `iat` the token counts as older than any revocation.
 *
 * @param now seconds since the epoch
 * @throws EieError `token_inactive`, or saying which check failed
 */
export function readIntrospection(
  response: Readonly<Record<string, unknown>>,
  policy: IssuerPolicy,
  now: number,
): AccessToken {
  if (response.active !== true) throw new EieError('token_inactive');
  if ((response.token_use ?? 'access_token') !== 'access_token') throw new EieError('token_type_refused');
  const claims = { ...response, iss: response.iss ?? policy.issuer, iat: response.iat ?? now };
  const token = readClaims(claims, policy, now);
  return Object.freeze({
    ...token,
    confidence: 'introspected',
    ...((response.iat ?? undefined) === undefined && { issuedAt: 0 }),
  });
}
