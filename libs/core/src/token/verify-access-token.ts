import { type KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import { EieError } from '../errors.js';
import { type AccessToken, checkHeader, readClaims } from './claims-policy.js';
import { parseCompactJws, type ParsedJws } from './compact-jws.js';
import { type IssuerPolicy } from './issuer-policy.js';

/** What a token says, and the key that proved it: none for a token that its issuer was asked about. */
export interface VerifiedToken {
  readonly token: AccessToken;
  readonly key?: KeyObject;
}

/**
 * Verifies an access token by the policy of one issuer: parse, header, key, signature, claims. What the boundary does
 * behind Passport, step by step the same, for where there is no Passport and for test vectors.
 *
 * @param now seconds since the epoch
 * @throws EieError saying which check failed
 */
export async function verifyAccessToken(compact: string, policy: IssuerPolicy, now: number): Promise<AccessToken> {
  return (await verifyParsedToken(parseCompactJws(compact), policy, now)).token;
}

export async function verifyParsedToken(jws: ParsedJws, policy: IssuerPolicy, now: number): Promise<VerifiedToken> {
  const key = await tokenKey(jws, policy);
  await compactVerify(jws.compact, key, { algorithms: [jws.header.alg] }).catch(() => {
    throw new EieError('signature_invalid');
  });
  return { token: readClaims(jws.claims, policy, now), key };
}

/**
 * The key that must have signed this token; nothing is asked of the issuer for a token whose header alone is refused.
 *
 * @throws EieError `algorithm_refused`, `token_type_refused`, `key_unknown`, `issuer_unavailable`
 */
export async function tokenKey(jws: ParsedJws, policy: IssuerPolicy): Promise<KeyObject> {
  checkHeader(jws, policy);
  return policy.keys.find(jws.header);
}
