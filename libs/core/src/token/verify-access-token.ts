import { type KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import { EieError, explained } from '../errors.js';
import { checkTime, secondsOf } from '../ports/clock.js';
import { type AccessToken } from './access-token.js';
import { checkPolicy } from './given-policy.js';
import { readClaims, unknownIssuer } from './claims-policy.js';
import { type ParsedJws } from './compact-jws.js';
import { checkHeader } from './header-policy.js';
import { type IssuerPolicy } from './issuer-policy.js';
import { parseAccessToken } from './unread-token.js';

/** What a token says, and the key that verified it. An introspected token has no key. */
export interface VerifiedToken {
  readonly token: AccessToken;
  readonly key?: KeyObject | undefined;
}

/**
 * Verifies an access token (RFC 9068): strict parse, issuer, header, key, signature, claims. The boundary of `nestjs-eie` does
 * the same with its signature step in Passport, and comes to the same verdict for each test vector.
 *
 * It does NOT check that the sender holds the key of a token with `jkt`: do not accept such a token without that proof (RFC 9449).
 * It does NOT look at scopes, and does NOT check revocation.
 *
 * @param issuers by the exact value of `iss`
 * @param now seconds since the epoch; by default the clock of this machine
 * @throws EieError `token_too_large`, `token_malformed`, `issuer_unknown`, `algorithm_refused`, `token_type_refused`,
 * `key_unknown`, `issuer_unavailable`, `signature_invalid`, `token_expired`, `token_not_yet_valid`,
 * `token_lifetime_refused`, `audience_refused`, `claim_missing`, `claim_invalid`, `actor_unclassified`, `tenant_refused`,
 * `actor_chain_refused`, `proof_of_possession_unsupported`
 * @throws EieConfigurationError for a policy with a member of another kind; TypeError for a time that is no number
 * @example const { sub, scopes } = await verifyAccessToken(token, new Map([[policy.issuer, policy]]));
 */
export async function verifyAccessToken(
  compact: string,
  issuers: ReadonlyMap<string, IssuerPolicy>,
  now = secondsOf(Date.now)(),
): Promise<AccessToken> {
  checkTime(now);
  const jws = parseAccessToken(compact);
  const policy = typeof jws.claims.iss === 'string' ? issuers.get(jws.claims.iss) : undefined;
  if (!policy) throw unknownIssuer(jws.claims.iss, [...issuers.keys()]);
  checkPolicy(policy);
  return (await verifyParsedToken(jws, policy, now)).token;
}

/** The same for a token that is parsed, and whose issuer is known. */
export async function verifyParsedToken(jws: ParsedJws, policy: IssuerPolicy, now: number): Promise<VerifiedToken> {
  const key = await tokenKey(jws, policy);
  await verifySignature(jws, key, policy.issuer);
  return { token: readClaims(jws.claims, policy, now), key };
}

/**
 * Verifies the signature with this key and the algorithm of the header, which must have been checked.
 *
 * @throws EieError `signature_invalid`
 */
export async function verifySignature({ compact, header }: ParsedJws, key: KeyObject, issuer: string): Promise<void> {
  await compactVerify(compact, key, { algorithms: [header.alg] }).catch(() => {
    throw new EieError('signature_invalid', { finding: { issuer } });
  });
}

/**
 * The key that must have signed this token. Nothing is asked of the issuer for a token whose header alone is refused.
 *
 * @throws EieError `token_too_large`, `algorithm_refused`, `token_type_refused`, `key_unknown`, `issuer_unavailable`
 */
export async function tokenKey(jws: ParsedJws, policy: IssuerPolicy): Promise<KeyObject> {
  try {
    checkHeader(jws, policy);
    return await policy.keys.find(jws.header);
  } catch (error) {
    throw explained(error, { issuer: policy.issuer });
  }
}
