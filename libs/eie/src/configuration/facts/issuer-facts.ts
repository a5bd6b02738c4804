import { type AgentOptions, type TenantOptions } from '../../options/ceiling.options.js';
import { IssuerSource } from '../../options/issuer-source.js';
import { type IssuerOptions } from '../../options/issuer.options.js';
import { described, type Described, kindOf, plainUrl, sorted } from './described.js';

/** Seconds, and characters: the defaults of an issuer. */
const [DAY, TOKEN_LENGTH] = [86_400, 8_192];

/** What a server believes of an issuer, as a reviewer reads it. No key and no secret is in it. */
export function issuerFacts(one: IssuerOptions | IssuerSource, resource: string): Described {
  if (one instanceof IssuerSource) return { source: kindOf(one), advertised: sorted(one.advertised) };
  return {
    issuer: one.issuer,
    keys: one.jwksUri === undefined ? 'configured' : plainUrl(one.jwksUri),
    algorithms: sorted(one.algorithms),
    audience: sorted(one.audience ?? (one.tenantAudience === undefined ? [resource] : [])),
    tenantAudience: one.tenantAudience ?? null,
    toleratedAudiences: sorted(one.toleratedAudiences ?? []),
    tokenHeader: described(one.tokenHeader),
    accessTokenClaim: described(one.accessTokenClaim),
    actorType: described(one.actorType),
    claims: described(one.claims ?? {}),
    tenants: tenantFacts(one.tenants),
    agents: agentFacts(one.agents),
    roles: described(one.roles),
    dpop: one.dpop ?? 'accepted',
    opaqueTokens: one.opaqueTokens ?? false,
    maxLifetime: one.maxLifetime ?? DAY,
    maxKeyAge: one.maxKeyAge ?? DAY,
    maxTokenLength: one.maxTokenLength ?? TOKEN_LENGTH,
    client: one.client ? { clientId: one.client.clientId, method: one.client.auth.method } : null,
    metadata: metadataOf(one),
    scopePrefix: one.scopePrefix ?? null,
  };
}

/** Each with its limits; `null` is no limit. */
function tenantFacts(tenants: IssuerOptions['tenants']): Described {
  if (!tenants) return null;
  const each = Array.isArray(tenants) ? tenants.map(tenant => [tenant, {}] as const) : Object.entries(tenants);
  return Object.fromEntries(
    each.map(([tenant, limits]: readonly [string, TenantOptions]) => [
      tenant,
      { ...ceilingFacts(limits), agents: described(limits.agents) },
    ]),
  );
}

const agentFacts = (agents: IssuerOptions['agents'] = {}): Described =>
  Object.fromEntries(
    Object.entries(agents).map(([client, agent]) => {
      const limits: AgentOptions = typeof agent === 'string' ? { id: agent } : agent;
      return [client, { id: limits.id, ...ceilingFacts(limits), tenants: described(limits.tenants) }];
    }),
  );

const ceilingFacts = ({ scopes, tools, targets }: Omit<AgentOptions, 'id'>): Record<string, Described> => ({
  scopes: described(scopes),
  tools: described(tools),
  targets: described(targets),
});

function metadataOf({ metadata = 'discovery' }: IssuerOptions): Described {
  if (typeof metadata === 'string') return plainUrl(metadata);
  const { tokenEndpoint, introspectionEndpoint } = metadata;
  return {
    tokenEndpoint: plainUrl(tokenEndpoint),
    introspectionEndpoint: introspectionEndpoint === undefined ? null : plainUrl(introspectionEndpoint),
  };
}
