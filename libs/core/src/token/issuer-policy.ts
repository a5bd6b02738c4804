import { type Diagnostics } from '../ports/diagnostics.js';
import { type ClaimMatch } from './claim-match.js';
import { type ClaimPath } from './claim-path.js';
import { type RegisteredAgent, type TenantCeiling } from './ceiling.js';
import { type KeySource } from './key-source.js';
import { type ScopeHierarchy } from './scope-hierarchy.js';
import { type TokenAlgorithm } from './token-algorithms.js';

/** Which claims an issuer uses for what RFC 9068 does not name, or names differently. */
export interface ClaimPaths {
  /** Who the user or service is. A service whose token lacks it, by the evidence of {@link IssuerPolicy.service}, is its client. */
  readonly subject: ClaimPath;
  readonly tenant: ClaimPath;
  readonly clientId: ClaimPath;
  /** A space-delimited string or a list. */
  readonly scope: ClaimPath;
  readonly roles: ClaimPath;
  /** Absent: the issuer names agents in `act` or not at all. */
  readonly agent?: ClaimPath;
  /** What stands elsewhere in the token of a service, by the evidence of {@link IssuerPolicy.service}. */
  readonly service?: Partial<Pick<ClaimPaths, 'subject' | 'clientId' | 'scope'>>;
}

export const DEFAULT_CLAIM_PATHS: ClaimPaths = {
  subject: 'sub',
  tenant: 'tenant',
  clientId: 'client_id',
  scope: 'scope',
  roles: 'roles',
};

/** What this server accepts from one issuer. The operator configures it; no part of it comes from a token. */
export interface IssuerPolicy {
  readonly issuer: string;
  readonly keys: KeySource;
  readonly algorithms: readonly TokenAlgorithm[];
  /** The token's `aud` must name one of these. Empty only beside {@link tenantAudience}. */
  readonly audience: readonly string[];
  /** Or this one, in which the segment `{tenant}` stands for one of {@link tenants}: `urn:logto:organization:{tenant}`. */
  readonly tenantAudience?: string;
  /** Those of routes that have an identifier of their own, which then check it. Grows while the application is built. */
  readonly furtherAudiences?: readonly string[];
  /** Further members that `aud` may have beside one of {@link audience}. */
  readonly toleratedAudiences: readonly string[];
  /** For an issuer that does not send `typ: at+jwt`: a claim its access tokens have and its ID tokens lack. */
  readonly accessTokenClaim?: ClaimMatch;
  /** `exp - iat` at most, in seconds. */
  readonly maxLifetime: number;
  /** Characters of a token at most, up to 16384. Default 8192. */
  readonly maxTokenLength?: number;
  readonly claims: ClaimPaths;
  /** The tenants this issuer may name. A user must have one if there are any. */
  readonly tenants: readonly string[];
  /** Positive evidence of a user, and of a service. A token that fits neither, or both, is refused. */
  readonly user: ClaimMatch;
  readonly service?: ClaimMatch;
  /** Whether the user of the policy also checks DPoP proofs. If not, a token that is bound to a key is refused. */
  readonly acceptsDpop: boolean;
  /** Whether every token must be bound to a key by `cnf.jkt` (RFC 9449 §6.1). Default false. */
  readonly requiresDpop?: boolean;
  /** Whether the user of the policy also checks client certificates (RFC 8705 §3). If not, a token that is bound to one is refused. */
  readonly acceptsCertificates?: boolean;
  /** By client id: agents that the issuer itself does not name in `act`, and the most that each may do. */
  readonly agents: ReadonlyMap<string, RegisteredAgent>;
  /** The most that each of {@link tenants} allows. One that is not in it allows everything. */
  readonly tenantCeilings?: ReadonlyMap<string, TenantCeiling>;
  /** A role of the issuer → what it is called here. Absent: as the issuer calls it. A role that is not in it counts for nothing. */
  readonly roles?: ReadonlyMap<string, readonly string[]>;
  /** Which scopes a scope implies, where a ceiling allows less than a token grants. */
  readonly scopeHierarchy?: ScopeHierarchy;
  /** The most that an agent may do that is not in {@link agents}; absent: everything its token says. */
  readonly unregisteredScopes?: readonly string[];
  /** Where it is reported, once for each claim, that a claim that decides nothing cannot be read and is left out. */
  readonly diagnostics?: Diagnostics;
}
