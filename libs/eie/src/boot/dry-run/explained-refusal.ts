import { type EieError, type EieErrorCode } from 'execution-identity';
import { findingOf, remedyOf } from 'execution-identity/internal';
import { type ExplainedRefusal, type Operand } from './explanation.js';

/** By the table of docs/rights.md. What is not in it, the token lacks. */
const OPERANDS: Partial<Record<EieErrorCode, Operand>> = {
  agent_not_allowed: 'agent',
  agent_unregistered: 'agent',
  actor_chain_refused: 'agent',
  tenant_not_allowed: 'tenant',
  tenant_refused: 'tenant',
  target_tenant_unknown: 'tenant',
  actor_not_allowed: 'actor',
  actor_unclassified: 'actor',
  approval_unaskable: 'actor',
  insufficient_role: 'actor',
  delegation_requires_user: 'actor',
  insufficient_login: 'login',
  policy_denied: 'policy',
  policy_unavailable: 'policy',
  identity_revoked: 'revocation',
  policy_missing: 'handler',
  target_undeclared: 'handler',
  target_issuer_refused: 'target',
  issuer_unavailable: 'server',
  agents_unavailable: 'server',
  revocation_unavailable: 'server',
  delegation_misconfigured: 'server',
  delegation_unavailable: 'server',
};

/**
 * What the caller of the command is told of a refusal. Of what a finding says was received it tells nothing.
 *
 * @param operand where more is known than the code says
 */
export function explainedRefusal(
  refusal: EieError,
  operand: Operand = OPERANDS[refusal.code] ?? 'token',
): ExplainedRefusal {
  const { claim, expected, fix } = findingOf(refusal);
  return {
    code: refusal.code,
    operand,
    message: refusal.message,
    fix: fix ?? remedyOf(refusal.code).fix,
    claim: claim ?? null,
    expected: expected === undefined ? null : [expected].flat().map(String),
    scopes: refusal.scopes,
  };
}
