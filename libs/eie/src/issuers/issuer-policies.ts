import { type EieOptions } from '../options/eie.options.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { discoverJwksUri } from 'execution-identity/internal';
import { DEFAULT_CLAIM_PATHS, type IssuerPolicy, type KeySource, remoteKeys, staticKeys } from 'execution-identity';

/** What the policy of an issuer takes from the server it belongs to. */
export interface PolicyContext extends Pick<EieOptions, 'resource' | 'agents' | 'fetch' | 'clock'> {
  readonly acceptsDpop: boolean;
  /** Of routes that have an identifier of their own. */
  readonly furtherAudiences?: readonly string[];
}

const MAX_LIFETIME = 86_400;

/** The issuers an operator configured, by the exact value of `iss`. A token cannot add one. */
export function issuerPolicies(
  issuers: readonly IssuerOptions[],
  context: PolicyContext,
): ReadonlyMap<string, IssuerPolicy> {
  return new Map(issuers.map(options => [options.issuer, issuerPolicy(options, context)]));
}

export function issuerPolicy(options: IssuerOptions, context: PolicyContext): IssuerPolicy {
  const { unregistered } = context.agents ?? {};
  return Object.freeze({
    issuer: options.issuer,
    keys: keySource(options, context),
    algorithms: options.algorithms,
    audience: options.audience ?? [context.resource],
    ...(context.furtherAudiences && { furtherAudiences: context.furtherAudiences }),
    toleratedAudiences: options.toleratedAudiences ?? [],
    accessTokenClaim: options.accessTokenClaim,
    maxLifetime: options.maxLifetime ?? MAX_LIFETIME,
    claims: { ...DEFAULT_CLAIM_PATHS, ...options.claims },
    tenants: options.tenants ?? [],
    user: options.actorType.user,
    service: options.actorType.service,
    acceptsDpop: context.acceptsDpop,
    agents: new Map(Object.entries(options.agents ?? {})),
    unregisteredScopes: typeof unregistered === 'object' ? unregistered.scopes : undefined,
  });
}

function keySource(
  { issuer, jwks, jwksUri }: IssuerOptions,
  { fetch: fetcher = fetch, clock = Date.now }: PolicyContext,
): KeySource {
  if (jwks) return staticKeys(jwks);
  const locate = jwksUri === 'discovery' ? () => discoverJwksUri(issuer, fetcher) : jwksUri!;
  return remoteKeys(locate, { fetch: fetcher, now: () => clock() / 1000 });
}
