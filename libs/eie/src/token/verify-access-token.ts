import { compactVerify } from 'jose';
import { EieError } from '../eie.error.js';
import { type AccessToken, checkHeader, readClaims } from './claims-policy.js';
import { parseCompactJws } from './compact-jws.js';
import { type IssuerPolicy } from './issuer-policy.js';

/**
 * Verifies an access token where there is no Passport: parse, find the issuer, header, signature, claims. As strict as
 * the boundary, with the same checks.
 *
 * @param now seconds since the epoch
 * @throws EieError saying which check failed
 */
export async function verifyAccessToken(token: string, issuers: ReadonlyMap<string, IssuerPolicy>, now: number): Promise<AccessToken> {
  const jws = parseCompactJws(token);
  const policy = typeof jws.claims.iss === 'string' ? issuers.get(jws.claims.iss) : undefined;
  if (!policy) throw new EieError('issuer_unknown');
  checkHeader(jws, policy);
  const key = await policy.keys.find(jws.header);
  await compactVerify(token, key, { algorithms: [...policy.algorithms] }).catch(() => {
    throw new EieError('signature_invalid');
  });
  return readClaims(jws.claims, policy, now);
}
