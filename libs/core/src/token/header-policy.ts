import { EieError } from '../errors.js';
import { mediaType, type ParsedJws } from './compact-jws.js';
import { claimMatches, described } from './claim-match.js';
import { type IssuerPolicy } from './issuer-policy.js';
import { type TokenAlgorithm } from './token-algorithms.js';

/** Characters. */
const MAX_TOKEN_LENGTH = 8 * 1024;

/** @throws EieError `token_too_large` */
export function checkLength(compact: string, policy: IssuerPolicy): void {
  const max = policy.maxTokenLength ?? MAX_TOKEN_LENGTH;
  if (compact.length <= max) return;
  throw new EieError('token_too_large', { finding: { expected: `at most ${max} characters` } });
}

/**
 * The checks that need no key: the length, the algorithm, and that this is an access token (RFC 9068 §4, RFC 8725 §3.11). They run before
 * the signature is verified, so that a token that no policy accepts costs no cryptography.
 *
 * @throws EieError `token_too_large`, `algorithm_refused`, `token_type_refused`
 */
export function checkHeader(jws: ParsedJws, policy: IssuerPolicy): void {
  checkLength(jws.compact, policy);
  if (!policy.algorithms.includes(jws.header.alg as TokenAlgorithm))
    throw new EieError('algorithm_refused', {
      finding: { claim: 'alg', expected: policy.algorithms, received: jws.header.alg },
    });
  checkTokenType(jws.header.typ, jws.claims, policy);
}

/**
 * Checks that a token is an access token: by its `typ`, or by the claim that says so.
 *
 * @throws EieError `token_type_refused`
 */
export function checkTokenType(typ: string | undefined, claims: ParsedJws['claims'], policy: IssuerPolicy): void {
  const type = mediaType(typ);
  if (type === 'at+jwt') return;
  const untyped = type === undefined || type === 'jwt';
  if (!untyped || !policy.accessTokenClaim || !claimMatches(policy.accessTokenClaim, claims))
    throw new EieError('token_type_refused', {
      finding: {
        claim: 'typ',
        expected: policy.accessTokenClaim ? `at+jwt, or the claim ${described(policy.accessTokenClaim)}` : 'at+jwt',
        received: typ ?? 'no type',
      },
    });
}
