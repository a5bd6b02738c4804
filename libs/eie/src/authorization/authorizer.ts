import { type AuditSubject, type AuditRecorder } from 'execution-identity/internal';
import { type AdmittedIdentity, decide, type EieError, type EnvelopeParts, ScopeHierarchy } from 'execution-identity';
import { type Execution } from '../record/execution-record.js';
import { handlerPolicy } from './policy-metadata.js';

/** Decides once per execution, and records what it refuses. An allowed execution is recorded by its intent. */
export class Authorizer {
  constructor(
    private readonly audit: AuditRecorder,
    private readonly hierarchy = new ScopeHierarchy(),
  ) {}

  /** @throws EieError `insufficient_scope`, `policy_missing`, `audit_unavailable` */
  async authorize(identity: AdmittedIdentity | EnvelopeParts, execution: Execution): Promise<void> {
    const refusal = decide(identity, handlerPolicy(execution.handler, execution.type), this.hierarchy);
    if (refusal) await this.refuse(refusal, identity, execution);
  }

  /** The same decision, for a list of what may be called: nothing is recorded, and it is made again when it is called. */
  allows(identity: AdmittedIdentity | EnvelopeParts, { handler, type }: Pick<Execution, 'handler' | 'type'>): boolean {
    return decide(identity, handlerPolicy(handler, type), this.hierarchy) === undefined;
  }

  /** Records the refusal, and throws it. The name of the handler is left out where none is known yet. */
  async refuse(
    refusal: EieError,
    subject: AuditSubject,
    { handlerName, traceId }: Pick<Execution, 'traceId'> & Partial<Pick<Execution, 'handlerName'>>,
  ): Promise<never> {
    await this.audit.record({
      type: 'authorization.refused',
      outcome: 'refused',
      subject,
      handler: handlerName,
      traceId,
      reason: refusal.code,
    });
    throw refusal;
  }
}
