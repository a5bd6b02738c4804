import { EieError } from '../errors.js';
import { actorChain, type AgentRef } from './actor-chain.js';
import { list, seconds, text, words } from './claim-values.js';
import { mediaType, type ParsedJws } from './compact-jws.js';
import { type IssuerPolicy, claimMatches, type TokenAlgorithm } from './issuer-policy.js';

/** What a verified access token (RFC 9068) says, in this library's words. */
export interface AccessToken {
  readonly issuer: string;
  readonly sub: string;
  readonly type: 'user' | 'service';
  readonly clientId: string;
  /** Those of `aud` that are this server's. */
  readonly audience: readonly string[];
  readonly tenant?: string;
  readonly scopes: readonly string[];
  readonly roles?: readonly string[];
  /** The `act` chain, outermost first; empty without `act`. */
  readonly act: readonly AgentRef[];
  /** An agent that the issuer names in a claim of its own. */
  readonly agent?: string;
  readonly sid?: string;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly authTime?: number;
  /** Whether a signature says so, or the issuer when it was asked. */
  readonly confidence: 'verified' | 'introspected';
  /** RFC 7638 thumbprint of the key that the token is bound to (`cnf.jkt`, RFC 9449 §6.1). */
  readonly jkt?: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Seconds for which `nbf` and `iat` may lie ahead of our clock. `exp` gets no leeway. */
const SKEW = 30;

/**
 * The checks that need no key. They run before the signature is verified, so that a token no policy could accept costs
 * no cryptography.
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

/**
 * The claims policy: RFC 9068 §4 and RFC 8725 §3, with `exp`, `sub`, `client_id` and a classified actor mandatory.
 * Give it claims whose signature has been verified; it does NOT verify one, and it does not look at scopes.
 *
 * @param now seconds since the epoch
 * @throws EieError with the code of the first check that fails; an expired token is always reported as expired first
 */
export function readClaims(claims: ParsedJws['claims'], policy: IssuerPolicy, now: number): AccessToken {
  const expiresAt = seconds(claims, 'exp') ?? missing();
  if (expiresAt <= now) throw new EieError('token_expired');
  const issuedAt = seconds(claims, 'iat') ?? missing();
  if (issuedAt > now + SKEW || (seconds(claims, 'nbf') ?? 0) > now + SKEW) throw new EieError('token_not_yet_valid');
  if (expiresAt - issuedAt > policy.maxLifetime) throw new EieError('token_lifetime_refused');
  if (claims.iss !== policy.issuer) throw new EieError('issuer_unknown');
  const audience = checkedAudience(claims.aud, policy);
  const sub = text(claims, policy.claims.subject) ?? missing();
  const clientId = text(claims, policy.claims.clientId) ?? missing();
  const type = actorType(claims, policy, sub, clientId);
  return Object.freeze({
    issuer: policy.issuer,
    sub,
    type,
    clientId,
    audience,
    tenant: tenant(claims, policy, type),
    scopes: Object.freeze(words(claims, policy.claims.scope)),
    roles: list(claims, policy.claims.roles),
    act: Object.freeze(actorChain(claims.act, policy.issuer)),
    agent: policy.claims.agent && text(claims, policy.claims.agent),
    sid: text(claims, 'sid'),
    acr: text(claims, 'acr'),
    amr: list(claims, 'amr'),
    authTime: seconds(claims, 'auth_time'),
    confidence: 'verified',
    jkt: confirmation(claims.cnf, policy),
    issuedAt,
    expiresAt,
  });
}

function checkedAudience(
  aud: unknown,
  { audience, furtherAudiences = [], toleratedAudiences }: IssuerPolicy,
): readonly string[] {
  const named: unknown[] = [aud].flat();
  const ours = named.filter(
    (one): one is string => audience.includes(one as string) || furtherAudiences.includes(one as string),
  );
  if (!ours.length || !named.every(one => ours.includes(one as string) || toleratedAudiences.includes(one as string)))
    throw new EieError('audience_refused');
  return Object.freeze(ours);
}

function actorType(
  claims: ParsedJws['claims'],
  policy: IssuerPolicy,
  sub: string,
  clientId: string,
): 'user' | 'service' {
  const user = claimMatches(policy.user, claims);
  const service = sub === clientId || (policy.service !== undefined && claimMatches(policy.service, claims));
  if (user === service) throw new EieError('actor_unclassified');
  return user ? 'user' : 'service';
}

function tenant(claims: ParsedJws['claims'], policy: IssuerPolicy, type: AccessToken['type']): string | undefined {
  const named = text(claims, policy.claims.tenant);
  if (named === undefined && (policy.tenants.length === 0 || type === 'service')) return undefined;
  if (named === undefined || !policy.tenants.includes(named)) throw new EieError('tenant_refused');
  return named;
}

/** Only `jkt` can be checked, and only where the proof arrives: any other confirmation refuses the token, and is never ignored. */
function confirmation(cnf: unknown, { acceptsDpop }: IssuerPolicy): string | undefined {
  if (cnf === undefined) return undefined;
  const { jkt, ...others } = Object(cnf) as Record<string, unknown>;
  if (!acceptsDpop || typeof jkt !== 'string' || Object.keys(others).length)
    throw new EieError('proof_of_possession_unsupported');
  return jkt;
}

function missing(): never {
  throw new EieError('claim_missing');
}
