import { type UnregisteredAgents } from '../options/authorization.options.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { type IssuerDocuments } from './issuer-documents.js';
import { type PortsOptions } from '../options/process.options.js';
import { unaccompanied } from '../telemetry/without.js';
import { configuredKeys } from './configured-keys.js';
import {
  type Diagnostics,
  type IssuerPolicy,
  issuerPolicy,
  type KeySource,
  type RegisteredAgent,
  type ScopeHierarchy,
} from 'execution-identity';

/** What the policy of an issuer takes from the server it belongs to. */
export interface PolicyContext {
  readonly resource: string;
  readonly ports?: PortsOptions;
  /** Whether proofs of possession are checked: those of DPoP, and client certificates. */
  readonly acceptsDpop: boolean;
  readonly diagnostics: Diagnostics;
  readonly documents: IssuerDocuments;
  /** What a client may do that neither `act` nor a registry names as an agent. */
  readonly unregisteredAgents?: Readonly<UnregisteredAgents>;
  readonly scopeHierarchy?: ScopeHierarchy;
  /** Of routes that have an identifier of their own. */
  readonly furtherAudiences?: readonly string[];
}

/** The issuers an operator configured, by the exact value of `iss`. A token cannot add one. */
export function issuerPolicies(
  issuers: readonly IssuerOptions[],
  context: PolicyContext,
): ReadonlyMap<string, IssuerPolicy> {
  return new Map(issuers.map(options => [options.issuer, policyOf(options, context)]));
}

/** The policy of one issuer, from its options and the options of the server. */
export function policyOf(options: IssuerOptions, context: PolicyContext): IssuerPolicy {
  const { unregisteredAgents, scopeHierarchy } = context;
  return issuerPolicy({
    issuer: options.issuer,
    keys: keySource(options, context),
    algorithms: options.algorithms,
    audience: options.audience ?? (options.tenantAudience ? [] : [context.resource]),
    ...(options.tenantAudience && { tenantAudience: options.tenantAudience }),
    ...(context.furtherAudiences && { furtherAudiences: context.furtherAudiences }),
    ...(options.toleratedAudiences && { toleratedAudiences: options.toleratedAudiences }),
    ...(options.accessTokenClaim && { accessTokenClaim: options.accessTokenClaim }),
    ...(options.maxLifetime !== undefined && { maxLifetime: options.maxLifetime }),
    ...(options.maxTokenLength !== undefined && { maxTokenLength: options.maxTokenLength }),
    ...(options.claims && { claims: options.claims }),
    ...tenantsOf(options.tenants),
    ...(options.roles && { roles: new Map(Object.entries(options.roles)) }),
    user: options.actorType.user,
    ...(options.actorType.service && { service: options.actorType.service }),
    acceptsDpop: context.acceptsDpop,
    requiresDpop: options.dpop === 'required',
    acceptsCertificates: context.acceptsDpop,
    diagnostics: context.diagnostics,
    agents: registryOf(options.agents),
    ...(scopeHierarchy && { scopeHierarchy }),
    ...(typeof unregisteredAgents === 'object' && { unregisteredScopes: unregisteredAgents.scopes }),
  });
}

const registryOf = (agents: IssuerOptions['agents'] = {}): ReadonlyMap<string, RegisteredAgent> =>
  new Map(Object.entries(agents).map(([client, agent]) => [client, typeof agent === 'string' ? { id: agent } : agent]));

function tenantsOf(tenants: IssuerOptions['tenants']): Partial<Pick<IssuerPolicy, 'tenants' | 'tenantCeilings'>> {
  if (!tenants) return {};
  return Array.isArray(tenants)
    ? { tenants }
    : { tenants: Object.keys(tenants), tenantCeilings: new Map(Object.entries(tenants)) };
}

function keySource(
  options: IssuerOptions,
  { documents, ports: { fetch: fetcher = fetch, clock = Date.now } = {} }: PolicyContext,
): KeySource {
  const isFound = options.jwksUri === 'discovery';
  const keys = { ...options, ...(isFound && { jwksUri: () => documents.of(options).urlOf('jwks_uri') }) };
  return configuredKeys(keys, 'issuers[].jwks', { fetch: unaccompanied(fetcher), clock });
}
