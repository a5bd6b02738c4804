import { EieError } from '../errors.js';
import { mediaType, type ParsedJws } from './compact-jws.js';
import { claimMatches, type IssuerPolicy, type TokenAlgorithm } from './issuer-policy.js';

/**
 * The checks that need no key: the algorithm, and that this is an access token (RFC 9068 §4, RFC 8725 §3.11). They run before
 * the signature is verified, so that a token that no policy accepts costs no cryptography.
 *
 * @throws EieError `algorithm_refused`, `token_type_refused`
 */
export function checkHeader(jws: ParsedJws, policy: IssuerPolicy): void {
  if (!policy.algorithms.includes(jws.header.alg as TokenAlgorithm)) throw new EieError('algorithm_refused');
  const type = mediaType(jws.header.typ);
  if (type === 'at+jwt') return;
  const untyped = type === undefined || type === 'jwt';
  if (!untyped || !policy.accessTokenClaim || !claimMatches(policy.accessTokenClaim, jws.claims))
    throw new EieError('token_type_refused');
}
