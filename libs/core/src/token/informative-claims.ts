import { type AccessToken } from './access-token.js';
import { list, seconds, text } from './claim-values.js';
import { type ParsedJws } from './compact-jws.js';
import { type ClaimPath, nameOf } from './claim-path.js';
import { type IssuerPolicy } from './issuer-policy.js';
import { reportOnce } from './report-once.js';

type Claims = ParsedJws['claims'];

/**
 * What a token says beside what decides whether it is believed. A claim of another form than expected is left out, as if the token did
 * not have it, and reported: whatever needs it refuses, and nothing else does.
 */
export function informativeClaims(
  claims: Claims,
  policy: IssuerPolicy,
): Pick<{ [Name in keyof AccessToken]: AccessToken[Name] | undefined }, 'roles' | 'sid' | 'acr' | 'amr' | 'authTime'> {
  const readable = <T>(path: ClaimPath, read: (claims: Claims, path: ClaimPath) => T | undefined): T | undefined => {
    try {
      return read(claims, path);
    } catch {
      report(path, policy);
      return undefined;
    }
  };
  return {
    roles: readable(policy.claims.roles, list),
    sid: readable('sid', text),
    acr: readable('acr', text),
    amr: readable('amr', list),
    authTime: readable('auth_time', seconds),
  };
}

/** The name of the claim is the operator's or the specification's, never the token's. */
function report(path: ClaimPath, policy: IssuerPolicy): void {
  const claim = nameOf(path);
  reportOnce(
    policy,
    claim,
    `Tokens of ${policy.issuer} have a claim "${claim}" of an unexpected form. It is left out of the identity, and what needs it refuses. This is said once for each claim.`,
  );
}
