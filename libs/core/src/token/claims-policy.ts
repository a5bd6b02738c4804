import { defined } from '../defined.js';
import { EieError, explained } from '../errors.js';
import { type AccessToken } from './access-token.js';
import { actorChain } from './actor-chain.js';
import { actorType } from './actor-type.js';
import { ownAudience } from './audience.js';
import { claimMatches } from './claim-match.js';
import { type ClaimPath, nameOf } from './claim-path.js';
import { text, words } from './claim-values.js';
import { type ParsedJws } from './compact-jws.js';
import { informativeClaims } from './informative-claims.js';
import { lifetimeOf } from './token-expiry.js';
import { type IssuerPolicy } from './issuer-policy.js';

/**
 * The claims policy: RFC 9068 §4 and RFC 8725 §3, with `exp`, `sub`, `client_id` and a classified actor mandatory.
 * What decides is strict; what decides nothing is left out where it cannot be read, and never refuses a token. So `jti` may be missing, though
 * RFC 9068 §2.2 demands it: nothing here looks a token up by it, neither the memory of verified tokens nor a revocation.
 * Give it claims whose signature has been verified; it does NOT verify one, and it does not look at scopes.
 *
 * @param now seconds since the epoch
 * @throws EieError with the code of the first check that fails; an expired token is always reported as expired first
 */
export function readClaims(claims: ParsedJws['claims'], policy: IssuerPolicy, now: number): AccessToken {
  try {
    return accessToken(claims, policy, now);
  } catch (error) {
    throw explained(error, { issuer: policy.issuer });
  }
}

function accessToken(claims: ParsedJws['claims'], policy: IssuerPolicy, now: number): AccessToken {
  const { issuedAt, expiresAt } = lifetimeOf(claims, policy.maxLifetime, now);
  if (claims.iss !== policy.issuer) throw unknownIssuer(claims.iss, [policy.issuer]);
  const { audience, tenants } = ownAudience(claims.aud, policy);
  const isService = policy.service !== undefined && claimMatches(policy.service, claims);
  const paths = isService ? { ...policy.claims, ...policy.claims.service } : policy.claims;
  const client = text(claims, paths.clientId);
  const subject = text(claims, paths.subject);
  // Where a client acts for itself, some issuers name no subject, and others no client. Only the operator's evidence shows that it does.
  const clientId = client ?? (isService ? subject : undefined) ?? missing(paths.clientId, 'clientId');
  const sub = subject ?? (isService ? client : undefined) ?? missing(paths.subject, 'subject');
  const type = actorType(claims, policy, { sub, clientId });
  const informative = informativeClaims(claims, policy);
  const bound = confirmation(claims.cnf, policy);
  const token = defined({
    issuer: policy.issuer,
    sub,
    type,
    clientId,
    audience,
    tenant: tenant(claims, policy, type, tenants),
    scopes: Object.freeze(words(claims, paths.scope)),
    act: Object.freeze(actorChain(claims.act, policy.issuer)),
    agent: policy.claims.agent && text(claims, policy.claims.agent),
    roles: informative.roles,
    sid: informative.sid,
    acr: informative.acr,
    amr: informative.amr,
    authTime: informative.authTime,
    confidence: 'verified' as const,
    jkt: bound.jkt,
    x5t: bound.x5t,
    issuedAt,
    expiresAt,
  });
  return Object.freeze(token);
}

/**
 * A foreign tenant is refused, two of them, and a user without one where the issuer has tenants. There is no default tenant.
 *
 * @param inAudience those that `aud` names
 */
function tenant(
  claims: ParsedJws['claims'],
  policy: IssuerPolicy,
  type: AccessToken['type'],
  inAudience: readonly string[],
): string | undefined {
  const [named, another] = new Set([...inAudience, ...[text(claims, policy.claims.tenant) ?? []].flat()]);
  if (another !== undefined) throw tenantRefused(policy, 'The token names two tenants: have the issuer write one.');
  if (named === undefined && (policy.tenants.length === 0 || type === 'service')) return undefined;
  if (named === undefined || !policy.tenants.includes(named))
    throw tenantRefused(policy, named === undefined ? NO_TENANT : policy.tenants.length ? OTHER_TENANT : NO_TENANTS);
  return named;
}

const tenantRefused = ({ claims, tenants }: IssuerPolicy, fix: string): EieError =>
  new EieError('tenant_refused', { finding: { claim: nameOf(claims.tenant), expected: tenants, fix } });

const NO_TENANT =
  'The token names no tenant. Have the issuer write it, or set issuers[].claims.tenant to the claim that has it.';
const OTHER_TENANT = 'The token names a tenant that is not in issuers[].tenants. Add it if it is a customer of yours.';
const NO_TENANTS = 'The token names a tenant, and issuers[].tenants is not set. List your tenants there.';

/** Other ways to bind a token to a key: RFC 7800 §3, RFC 8705 §3.1, RFC 9203 §3.2. A `kid` beside a `jkt` only names the key. */
const FURTHER_BINDINGS = ['jwk', 'jwe', 'jku', 'osc'];

/**
 * Only `jkt` and `x5t#S256` can be checked, and only where proof and certificate arrive. A token that is bound in another way, also beside
 * one of these, is refused: a binding is never ignored. Members that bind nothing are (RFC 7800 §3.1).
 */
function confirmation(cnf: unknown, policy: IssuerPolicy): Pick<AccessToken, 'jkt' | 'x5t'> {
  if ((cnf === undefined || cnf === null) && !policy.requiresDpop) return {};
  const { jkt, 'x5t#S256': x5t, ...others } = Object(cnf ?? {}) as Record<string, unknown>;
  const isBound = cnf !== undefined && cnf !== null;
  const isChecked =
    isText(jkt, policy.acceptsDpop) &&
    isText(x5t, policy.acceptsCertificates) &&
    (jkt !== undefined || x5t !== undefined);
  if (isBound && (!isChecked || FURTHER_BINDINGS.some(name => Object.hasOwn(others, name))))
    throw new EieError('proof_of_possession_unsupported', { finding: { claim: 'cnf' } });
  if (policy.requiresDpop && jkt === undefined) throw new EieError('key_binding_refused', { finding: UNBOUND });
  return { jkt, x5t } as Pick<AccessToken, 'jkt' | 'x5t'>;
}

const UNBOUND = {
  claim: 'cnf.jkt',
  fix: 'The issuer is configured with dpop: "required": let its client get tokens that are bound by DPoP.',
};

/** A thumbprint that is checked, or none. */
const isText = (value: unknown, isChecked = false): boolean =>
  value === undefined || (isChecked && typeof value === 'string' && value !== '');

function missing(path: ClaimPath, option: 'clientId' | 'subject'): never {
  const claim = nameOf(path);
  const others = option === 'clientId' ? ', often "azp", "cid" or "appid"' : '';
  const fix = `Have the issuer write "${claim}" into access tokens, or set issuers[].claims.${option} to the claim that has it${others}.`;
  throw new EieError('claim_missing', { finding: { claim, fix } });
}

/** @param known the issuers that are configured */
export function unknownIssuer(iss: unknown, known: readonly string[]): EieError {
  return new EieError('issuer_unknown', {
    finding: { claim: 'iss', expected: known, received: iss, ...fixFor(iss) },
  });
}

function fixFor(iss: unknown): { readonly fix?: string } {
  if (iss === undefined || iss === null) return { fix: NO_ISSUER };
  return typeof iss === 'string' && ENTRA_V1.test(iss) ? { fix: OF_VERSION_1 } : {};
}

const NO_ISSUER = 'The token names no issuer: have the issuer write "iss" (RFC 9068 §2.2).';
const ENTRA_V1 = /^https:\/\/sts\.windows\.net\//;
const OF_VERSION_1 =
  'It is a token of version 1.0 of Entra ID: set requestedAccessTokenVersion: 2 in the manifest of this API. If it is one for Microsoft Graph, have the client ask for a scope of this API instead.';
