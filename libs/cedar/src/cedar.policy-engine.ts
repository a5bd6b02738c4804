import { statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { type PolicyEngine, type PolicyQuestion } from 'execution-identity';
import { type CedarOptions, preparePolicies, type PreparedPolicies } from './cedar-policies.js';
import { cedarRequest } from './cedar-request.js';

/** Why there is no decision. Its code is what the operator reads; nothing of the question is in it. */
class CedarFailure extends Error {
  override readonly name = 'CedarFailure';

  constructor(readonly code: string) {
    super('Cedar has not decided.');
  }
}

/**
 * Decides by Cedar policies in this process. Policies and schema are parsed once. A call is denied unless a `permit` applies and no `forbid` does,
 * and also when a policy fails: Cedar itself would skip a `forbid` that fails.
 *
 * It has no entities but the subject and its roles. It does NOT read policies again: construct another one.
 *
 * @throws EieConfigurationError at its construction, that names each fault in policies and schema
 * @example new CedarPolicyEngine({ policies: 'permit (principal in Role::"support", action == Action::"get_order_status", resource);' })
 */
export class CedarPolicyEngine implements PolicyEngine {
  readonly #prepared: PreparedPolicies;
  readonly #hasSchema: boolean;

  constructor(options: CedarOptions) {
    this.#prepared = preparePolicies(options);
    this.#hasSchema = this.#prepared.preparsedSchemaName !== undefined;
  }

  async allows(question: PolicyQuestion): Promise<boolean> {
    const answer = statefulIsAuthorized({
      ...cedarRequest(question),
      ...this.#prepared,
      validateRequest: this.#hasSchema,
    });
    if (answer.type === 'failure') throw new CedarFailure('question_invalid');
    const { decision, diagnostics } = answer.response;
    const [failed] = diagnostics.errors;
    if (failed) throw new CedarFailure(`failure_in_${failed.policyId}`.replace(/[^\w.-]/g, '_').slice(0, 64));
    return decision === 'allow';
  }
}
