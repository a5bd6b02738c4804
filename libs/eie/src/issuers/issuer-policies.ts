import { type UnregisteredAgents } from '../options/authorization.options.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { type PortsOptions } from '../options/process.options.js';
import { discoverJwksUri } from 'execution-identity/internal';
import { DEFAULT_CLAIM_PATHS, type IssuerPolicy, type KeySource, remoteKeys, staticKeys } from 'execution-identity';

/** What the policy of an issuer takes from the server it belongs to. */
export interface PolicyContext {
  readonly resource: string;
  readonly ports: PortsOptions | undefined;
  readonly acceptsDpop: boolean;
  /** What a client may do that nobody has named as an agent. */
  readonly unregisteredAgents?: Readonly<UnregisteredAgents>;
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
  const { unregisteredAgents } = context;
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
    unregisteredScopes: typeof unregisteredAgents === 'object' ? unregisteredAgents.scopes : undefined,
  });
}

function keySource(
  { issuer, jwks, jwksUri }: IssuerOptions,
  { ports: { fetch: fetcher = fetch, clock = Date.now } = {} }: PolicyContext,
): KeySource {
  if (jwks) return staticKeys(jwks);
  const locate = jwksUri === 'discovery' ? () => discoverJwksUri(issuer, fetcher) : jwksUri!;
  return remoteKeys(locate, { fetch: fetcher, now: () => clock() / 1000 });
}
