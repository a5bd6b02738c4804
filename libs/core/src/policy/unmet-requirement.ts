import { EieError } from '../errors.js';
import { rightsOf } from '../identity/admitted-identity.js';
import { type Party } from '../identity/held-rights.js';
import { partyAgainst, partyClosed, partyRefusing } from '../identity/rights.js';
import { type ScopeHierarchy } from '../token/scope-hierarchy.js';
import { unmetAgent } from './agent-requirement.js';
import { unmetLogin } from './login-requirement.js';
import { type DecidedIdentity } from './policy-question.js';
import { type HandlerPolicy, type Requirement } from './requirement.js';

/** What the requirements of a handler are compared with. */
export interface Asked {
  /** The handler, as the audit log names it. */
  readonly operation: string;
  readonly hierarchy: ScopeHierarchy;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

type Check = (identity: DecidedIdentity, requirements: readonly Requirement[], asked: Asked) => EieError | undefined;

/**
 * The part of a decision that asks nobody: which requirement, or whose ceiling, does not allow the call. First comes what no client can change,
 * last another login, since a token with another scope may bring it.
 */
export function unmetRequirement(identity: DecidedIdentity, policy: HandlerPolicy, asked: Asked): EieError | undefined {
  if (policy.kind !== 'protected') return new EieError('policy_missing');
  for (const check of CHECKS) {
    const refusal = check(identity, policy.requirements, asked);
    if (refusal) return refusal;
  }
  return undefined;
}

const tool: Check = (identity, _requirements, { operation }) => notAllowedTo(identity, 'tools', operation);

/** The refusal of a party that does not allow this tool, or this target, to an identity that was admitted here. */
export function notAllowedTo(identity: object, what: 'tools' | 'targets', name: string): EieError | undefined {
  const rights = rightsOf(identity);
  const party = rights && partyRefusing(rights, what, name);
  return party && refusalOf(party);
}

/** The refusal of a party that allows this identity nothing: the agent is not one of this tenant. */
export function closedTo(identity: object): EieError | undefined {
  const rights = rightsOf(identity);
  const party = rights && partyClosed(rights);
  return party && refusalOf(party);
}

const refusalOf = (party: Party): EieError =>
  new EieError(party === 'agent' ? 'agent_not_allowed' : 'tenant_not_allowed');

const actor: Check = ({ actor: { type } }, requirements) =>
  requirements.some(one => (one.kind === 'actor' && one.type !== type) || (one.kind === 'login' && type !== 'user'))
    ? new EieError('actor_not_allowed')
    : undefined;

const scope: Check = (identity, requirements, { hierarchy }) => {
  const { scopes } = identity.authorization;
  const holds = (held: readonly string[]): boolean => requirements.every(one => hasScopes(one, held, hierarchy));
  if (holds(scopes)) return undefined;
  const rights = rightsOf(identity);
  const party = rights && partyAgainst(rights, holds);
  if (party) return refusalOf(party);
  return new EieError('insufficient_scope', {
    scopes: operationScopes(requirements, hierarchy.heldBy(scopes)),
    ...(scopes.length === 0 && { finding: NO_SCOPES }),
  });
};

const role: Check = ({ authorization: { roles } }, requirements) => {
  for (const one of requirements)
    if (one.kind === 'any_role' && !one.roles.some(name => roles?.includes(name)))
      return new EieError('insufficient_role', { finding: { claim: 'roles', expected: one.roles } });
  return undefined;
};

/** In the order in which they are checked. A client that lacks a scope and a role learns of the scope, for which it can ask. */
const CHECKS: readonly Check[] = [
  tool,
  actor,
  unmetAgent,
  scope,
  role,
  (identity, requirements, { now }) => unmetLogin(identity, requirements, now),
];

function hasScopes(requirement: Requirement, held: readonly string[], hierarchy: ScopeHierarchy): boolean {
  switch (requirement.kind) {
    case 'all_scopes':
      return requirement.scopes.every(one => hierarchy.holds(held, one));
    case 'any_scope':
      return requirement.scopes.some(one => hierarchy.holds(held, one));
    default:
      return true;
  }
}

/** Everything the operation needs, so that one step-up is enough (MCP 2026-07-28, scope challenge handling). */
function operationScopes(requirements: readonly Requirement[], held: ReadonlySet<string>): string[] {
  const scopes = requirements.flatMap(requirement => {
    if (requirement.kind === 'all_scopes') return requirement.scopes;
    if (requirement.kind !== 'any_scope') return [];
    return requirement.scopes
      .filter(one => held.has(one))
      .concat(requirement.scopes.slice(0, 1))
      .slice(0, 1);
  });
  return [...new Set(scopes)];
}

const NO_SCOPES = {
  claim: 'scope',
  fix: 'The token has no scopes at all. Have the client ask for them; if they are in another claim, such as "scp", set issuers[].claims.scope.',
};
