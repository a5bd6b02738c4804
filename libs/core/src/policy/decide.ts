import { EieError } from '../errors.js';
import { engineAllows, type PolicyEngineCheck, type PolicyQuestion } from './policy-engine.js';
import { type HandlerPolicy, type Requirement } from './requirement.js';
import { ScopeHierarchy } from './scope-hierarchy.js';

/** What a decision takes into account beside the requirements of the handler. */
export interface DecisionParts {
  /** Which scopes a scope implies. Default: none. */
  readonly hierarchy?: ScopeHierarchy;
  /** Asked about what the requirements allow. */
  readonly policyEngine?: PolicyEngineCheck | undefined;
}

/**
 * The authorization decision: whether this identity may run a handler with this policy. The only place where a right is
 * compared with a requirement. The requirements always hold first; a policy engine can only deny.
 *
 * @param operation the handler, as the audit log names it
 * @returns the refusal, or `undefined` when the call is allowed: `policy_missing`, `insufficient_scope`, `insufficient_role`,
 * `policy_denied`. A missing scope comes first: a client can ask for that
 * @example const refusal = await decide(identity, { kind: 'protected', requirements }, 'get_order_status');
 */
export async function decide(
  identity: PolicyQuestion['identity'],
  policy: HandlerPolicy,
  operation: string,
  { hierarchy = FLAT, policyEngine }: DecisionParts = {},
): Promise<EieError | undefined> {
  const refusal = unmetRequirement(identity, policy, hierarchy);
  if (refusal || policy.kind !== 'protected' || !policyEngine) return refusal;
  const { actor, agent, authorization } = identity;
  const question = { identity: { actor, agent, authorization }, operation, requirements: policy.requirements };
  return (await engineAllows(policyEngine, question)) ? undefined : new EieError('policy_denied');
}

const FLAT = new ScopeHierarchy();

/** The part of {@link decide} that asks nobody: which requirement the identity does not meet. */
export function unmetRequirement(
  identity: PolicyQuestion['identity'],
  policy: HandlerPolicy,
  hierarchy: ScopeHierarchy,
): EieError | undefined {
  if (policy.kind !== 'protected') return new EieError('policy_missing');
  const { requirements } = policy;
  const { scopes } = identity.authorization;
  if (!requirements.every(requirement => hasScopes(requirement, scopes, hierarchy)))
    return new EieError('insufficient_scope', {
      scopes: operationScopes(requirements, hierarchy.heldBy(scopes)),
      ...(scopes.length === 0 && { finding: NO_SCOPES }),
    });
  const { roles } = identity.authorization;
  for (const one of requirements)
    if (one.kind === 'any_role' && !one.roles.some(role => roles?.includes(role)))
      return new EieError('insufficient_role', { finding: { claim: 'roles', expected: one.roles } });
  return undefined;
}

function hasScopes(requirement: Requirement, held: readonly string[], hierarchy: ScopeHierarchy): boolean {
  switch (requirement.kind) {
    case 'authenticated':
    case 'any_role':
      return true;
    case 'all_scopes':
      return requirement.scopes.every(scope => hierarchy.holds(held, scope));
    case 'any_scope':
      return requirement.scopes.some(scope => hierarchy.holds(held, scope));
  }
}

/** Everything the operation needs, so that one step-up is enough (MCP 2026-07-28, scope challenge handling). */
function operationScopes(requirements: readonly Requirement[], held: ReadonlySet<string>): string[] {
  const scopes = requirements.flatMap(requirement => {
    if (requirement.kind === 'authenticated' || requirement.kind === 'any_role') return [];
    if (requirement.kind === 'all_scopes') return requirement.scopes;
    return requirement.scopes
      .filter(scope => held.has(scope))
      .concat(requirement.scopes.slice(0, 1))
      .slice(0, 1);
  });
  return [...new Set(scopes)];
}

const NO_SCOPES = {
  claim: 'scope',
  fix: 'The token has no scopes at all. Have the client ask for them; if they are in another claim, such as "scp", set issuers[].claims.scope.',
};
