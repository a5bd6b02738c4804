import { EieError } from '../errors.js';
import { type Clock, secondsOf } from '../ports/clock.js';
import { ScopeHierarchy } from '../token/scope-hierarchy.js';
import { engineDecision, type PolicyEngineCheck } from './policy-engine.js';
import { type DecidedIdentity, policyQuestion, type QuestionDetails } from './policy-question.js';
import { type HandlerPolicy } from './requirement.js';
import { unmetRequirement } from './unmet-requirement.js';

/** What a decision takes into account beside the requirements of the handler. */
export interface DecisionParts {
  /** Which scopes a scope implies. Default: none. */
  readonly hierarchy?: ScopeHierarchy;
  /** Asked about what the requirements allow. */
  readonly policyEngine?: PolicyEngineCheck | undefined;
  /** Milliseconds since the epoch: a login may have to be recent. Default `Date.now`. */
  readonly clock?: Clock;
  /** What the policy engine is told of the call beside its identity. */
  readonly details?: QuestionDetails;
}

/**
 * The authorization decision: whether this identity may run a handler with this policy. The only place where a right is
 * compared with a requirement. The requirements, and what agent and tenant allow, always hold first; a policy engine can only deny.
 *
 * @param operation the handler, as the audit log names it
 * @returns the refusal, or `undefined` when the call is allowed. Its code says who refuses: `insufficient_scope` (the token), `agent_not_allowed`,
 * `tenant_not_allowed`, `actor_not_allowed`, `insufficient_role`, `insufficient_login` (the user), `policy_denied` (the engine), `policy_unavailable` (nobody: the engine has not decided); `policy_missing`
 * @example const refusal = await decide(identity, { kind: 'protected', requirements }, 'get_order_status');
 */
export async function decide(
  identity: DecidedIdentity,
  policy: HandlerPolicy,
  operation: string,
  { hierarchy = FLAT, policyEngine, clock = Date.now, details }: DecisionParts = {},
): Promise<EieError | undefined> {
  const refusal = unmetRequirement(identity, policy, { operation, hierarchy, now: secondsOf(clock) });
  if (refusal || policy.kind !== 'protected' || !policyEngine) return refusal;
  const question = policyQuestion(identity, operation, policyEngine.resource, details);
  const decision = await engineDecision(policyEngine, question);
  if (decision) return undefined;
  return new EieError(decision === undefined ? 'policy_unavailable' : 'policy_denied');
}

const FLAT = new ScopeHierarchy();
