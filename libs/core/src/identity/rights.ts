import { type Ceiling, type RegisteredAgent, type TenantCeiling } from '../token/ceiling.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { ScopeHierarchy } from '../token/scope-hierarchy.js';
import { type Actor, type Agent } from './execution-identity-envelope.js';
import { type Party, type PartyCeiling, type Rights } from './held-rights.js';

const FLAT = new ScopeHierarchy();
const CLOSED = { scopes: [], tools: [], targets: [], isClosed: true } as const satisfies Omit<PartyCeiling, 'of'>;

/**
 * What limits an identity: the ceilings of its agent, which an entry of its client may have too, and of its tenant.
 *
 * @param found what a source outside the configuration says of the agent and its client: so many ceilings more
 */
export function rightsOfToken(
  granted: readonly string[],
  { actor, agent }: { actor: Actor; agent: Agent },
  policy: IssuerPolicy,
  found: readonly RegisteredAgent[] = [],
): Rights {
  const { scopeHierarchy: hierarchy = FLAT, unregisteredScopes } = policy;
  const entries = [...entriesOf(agent, policy), ...found];
  const ceilings = entries.map(entry => agentCeiling(entry, actor));
  if (!agent.registered && unregisteredScopes) ceilings.push({ of: 'agent', scopes: unregisteredScopes });
  const tenant = actor.tenant === undefined ? undefined : policy.tenantCeilings?.get(actor.tenant);
  if (tenant) ceilings.push(tenantCeiling(tenant, agent));
  return { granted, ceilings: ceilings.filter(isLimit), hierarchy };
}

/** The scopes that the token grants and every ceiling allows. */
export const effectiveScopes = ({ granted, ceilings, hierarchy }: Rights): readonly string[] =>
  ceilings.reduce<readonly string[]>(
    (scopes, ceiling) => (ceiling.scopes ? hierarchy.meet(scopes, ceiling.scopes) : scopes),
    granted,
  );

/** A scope that the token grants, or implies, and that a party does not allow. A scope that it implies may be left. */
export interface DroppedScope {
  readonly scope: string;
  readonly by: Party;
}

/** What the parties take away of the scopes that the token grants, and which of them does. */
export function droppedScopes({ granted, ceilings, hierarchy }: Rights): readonly DroppedScope[] {
  let scopes = granted;
  return ceilings.flatMap(({ of: by, scopes: allowed }) => {
    const before = scopes;
    if (allowed) scopes = hierarchy.meet(scopes, allowed);
    return before.filter(scope => !scopes.includes(scope)).map(scope => ({ scope, by }));
  });
}

/** The party without which this check of scopes would hold; `undefined` where the token itself does not grant them. */
export function partyAgainst(rights: Rights, holds: (scopes: readonly string[]) => boolean): Party | undefined {
  let scopes = rights.granted;
  if (!holds(scopes)) return undefined;
  for (const ceiling of rights.ceilings) {
    if (ceiling.scopes) scopes = rights.hierarchy.meet(scopes, ceiling.scopes);
    if (!holds(scopes)) return ceiling.of;
  }
  return undefined;
}

/** The party that does not allow this tool, or this target. */
export const partyRefusing = ({ ceilings }: Rights, what: 'tools' | 'targets', name: string): Party | undefined =>
  ceilings.find(ceiling => ceiling[what]?.includes(name) === false)?.of;

/** The party that allows nothing, whatever is called. */
export const partyClosed = ({ ceilings }: Rights): Party | undefined => ceilings.find(({ isClosed }) => isClosed)?.of;

/** Whether the configuration has an entry for this agent itself, and not for its client alone. */
export const isConfigured = (
  agent: Pick<Agent, 'issuer' | 'id' | 'source'>,
  { issuer, agents }: IssuerPolicy,
): boolean =>
  agent.source !== 'client' && agent.issuer === issuer && [...agents.values()].some(({ id }) => id === agent.id);

/** An agent is registered under its id, and a client under its own: each limits what comes through it. */
function entriesOf(agent: Agent, { issuer, agents }: IssuerPolicy): RegisteredAgent[] {
  if (!agents.size) return [];
  return [...agents]
    .filter(([clientId, entry]) => clientId === agent.client_id || (agent.issuer === issuer && entry.id === agent.id))
    .map(([, entry]) => entry);
}

function agentCeiling({ scopes, tools, targets, tenants }: RegisteredAgent, { tenant }: Actor): PartyCeiling {
  const isForeign = tenants && (tenant === undefined || !tenants.includes(tenant));
  return isForeign ? { of: 'agent', ...CLOSED } : ceilingOf('agent', { scopes, tools, targets });
}

function tenantCeiling({ scopes, tools, targets, agents }: TenantCeiling, { id }: Agent): PartyCeiling {
  return agents && !agents.includes(id) ? { of: 'tenant', ...CLOSED } : ceilingOf('tenant', { scopes, tools, targets });
}

const ceilingOf = (
  of: Party,
  { scopes, tools, targets }: { [K in keyof Ceiling]: Ceiling[K] | undefined },
): PartyCeiling => ({
  of,
  ...(scopes && { scopes }),
  ...(tools && { tools }),
  ...(targets && { targets }),
});

const isLimit = ({ scopes, tools, targets }: Ceiling): boolean => Boolean(scopes ?? tools ?? targets);
