import { type EieOptions } from '../eie.options.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { DEFAULT_CLAIM_PATHS, type IssuerPolicy } from '../token/issuer-policy.js';
import { remoteKeys, staticKeys } from '../token/key-source.js';

type Defaults = Pick<EieOptions, 'resource' | 'agents' | 'fetch' | 'clock'>;

const MAX_LIFETIME = 86_400;

/** The issuers an operator configured, by the exact value of `iss`. A token cannot add one. */
export function issuerPolicies(issuers: readonly IssuerOptions[], defaults: Defaults, acceptsDpop: boolean): ReadonlyMap<string, IssuerPolicy> {
  return new Map(issuers.map(options => [options.issuer, issuerPolicy(options, defaults, acceptsDpop)]));
}

function issuerPolicy(options: IssuerOptions, { resource, agents, fetch: fetcher = fetch, clock = Date.now }: Defaults, acceptsDpop: boolean): IssuerPolicy {
  const now = (): number => clock() / 1000;
  return Object.freeze({
    issuer: options.issuer,
    keys: options.jwks ? staticKeys(options.jwks) : remoteKeys(options.jwksUri!, { fetch: fetcher, now }),
    algorithms: options.algorithms,
    audience: options.audience ?? [resource],
    toleratedAudiences: options.toleratedAudiences ?? [],
    accessTokenClaim: options.accessTokenClaim,
    maxLifetime: options.maxLifetime ?? MAX_LIFETIME,
    claims: { ...DEFAULT_CLAIM_PATHS, ...options.claims },
    tenants: options.tenants ?? [],
    user: options.actorType.user,
    service: options.actorType.service,
    acceptsDpop,
    agents: new Map(Object.entries(options.agents ?? {})),
    unregisteredScopes: typeof agents?.unregistered === 'object' ? agents.unregistered.scopes : undefined,
  });
}
