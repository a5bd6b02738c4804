import { EieError } from '../errors.js';
import { type EnvelopeParts } from '../identity/execution-identity-envelope.js';
import { type HandlerPolicy, type Requirement } from './requirement.js';
import { ScopeHierarchy } from './scope-hierarchy.js';

/**
 * The authorization decision: whether this identity may run a handler with this policy. Pure, and the only place where
 * a right is compared with a requirement.
 *
 * @returns the refusal, or `undefined` when the call is allowed
 */
export function decide(
  identity: Pick<EnvelopeParts, 'authorization'>,
  policy: HandlerPolicy,
  hierarchy = new ScopeHierarchy(),
): EieError | undefined {
  if (policy.kind !== 'protected') return new EieError('policy_missing');
  const held = hierarchy.heldBy(identity.authorization.scopes);
  if (policy.requirements.every(requirement => holds(requirement, held))) return undefined;
  return new EieError('insufficient_scope', operationScopes(policy.requirements, held));
}

function holds(requirement: Requirement, held: ReadonlySet<string>): boolean {
  switch (requirement.kind) {
    case 'authenticated':
      return true;
    case 'all_scopes':
      return requirement.scopes.every(scope => held.has(scope));
    case 'any_scope':
      return requirement.scopes.some(scope => held.has(scope));
  }
}

/** Everything the operation needs, so that one step-up is enough (MCP 2026-07-28, scope challenge handling). */
function operationScopes(requirements: readonly Requirement[], held: ReadonlySet<string>): string[] {
  const scopes = requirements.flatMap(requirement => {
    if (requirement.kind === 'authenticated') return [];
    if (requirement.kind === 'all_scopes') return requirement.scopes;
    return requirement.scopes
      .filter(scope => held.has(scope))
      .concat(requirement.scopes.slice(0, 1))
      .slice(0, 1);
  });
  return [...new Set(scopes)];
}
