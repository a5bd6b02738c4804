import { type KeySource } from './key-source.js';

/** Algorithms an inbound token may be signed with. Asymmetric only: whoever verifies must not be able to sign. */
export const TOKEN_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** Holds when the token has the claim and, where `values` are given, the claim is one of them or a list with one of them. */
export interface ClaimMatch {
  claim: string;
  values?: readonly string[];
}

/** What this server believes of one issuer. Written by the operator; no part of it comes from a token. */
export interface IssuerPolicy {
  readonly issuer: string;
  readonly keys: KeySource;
  readonly algorithms: readonly TokenAlgorithm[];
  /** The token's `aud` must name one of these. Never empty. */
  readonly audience: readonly string[];
  /** Further members that `aud` may have beside one of {@link audience}. */
  readonly toleratedAudiences: readonly string[];
  /** For an issuer that does not send `typ: at+jwt`: a claim its access tokens have and its ID tokens lack. */
  readonly accessTokenClaim?: ClaimMatch;
  /** `exp - iat` at most, in seconds. */
  readonly maxLifetime: number;
  /** The claim that names the tenant, and the tenants this issuer may name. A user must have one if there are any. */
  readonly tenantClaim: string;
  readonly tenants: readonly string[];
  /** Positive evidence of a user, and of a service. A token that fits neither, or both, is refused. */
  readonly user: ClaimMatch;
  readonly service?: ClaimMatch;
  /** Client id → agent id, for agents that the issuer itself does not name in `act`. */
  readonly agents: ReadonlyMap<string, string>;
  /** The most that a client without an agent may do; absent: everything its token says. */
  readonly unregisteredScopes?: readonly string[];
}

export function matches(match: ClaimMatch, claims: Readonly<Record<string, unknown>>): boolean {
  if (!Object.hasOwn(claims, match.claim)) return false;
  const value = claims[match.claim];
  if (value === null || value === undefined || value === '') return false;
  if (!match.values) return true;
  return [value].flat().some(one => typeof one === 'string' && match.values!.includes(one));
}
