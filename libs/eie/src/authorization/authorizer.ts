import { type Type } from '@nestjs/common';
import { type AuditSubject } from '../audit/audit-event.js';
import { type AuditTrail } from '../audit/audit-trail.js';
import { type EieError } from '../eie.error.js';
import { type EnvelopeParts } from '../envelope/execution-identity-envelope.js';
import { type AdmittedIdentity } from '../envelope/issue.js';
import { decide } from './decide.js';
import { type Handler, handlerPolicy } from './requirements.js';
import { ScopeHierarchy } from './scope-hierarchy.js';

/** One handler call that is about to happen. */
export interface Execution {
  readonly handler: Handler;
  readonly type: Type;
  /** How the trail names it. */
  readonly tool: string;
  readonly traceId: string;
}

/** Decides once per execution, and records what it refuses. An allowed execution is recorded by its intent. */
export class Authorizer {
  constructor(private readonly trail: AuditTrail, private readonly hierarchy = new ScopeHierarchy()) {}

  /** @throws EieError `insufficient_scope`, `policy_missing`, `audit_unavailable` */
  async authorize(identity: AdmittedIdentity | EnvelopeParts, execution: Execution): Promise<void> {
    const refusal = decide(identity, handlerPolicy(execution.handler, execution.type), this.hierarchy);
    if (refusal) await this.refuse(refusal, identity, execution);
  }

  /** The same decision, for a list of what may be called: nothing is recorded, and it is made again when it is called. */
  allows(identity: AdmittedIdentity | EnvelopeParts, { handler, type }: Pick<Execution, 'handler' | 'type'>): boolean {
    return decide(identity, handlerPolicy(handler, type), this.hierarchy) === undefined;
  }

  async refuse(refusal: EieError, subject: AuditSubject, { tool, traceId }: Pick<Execution, 'tool' | 'traceId'>): Promise<never> {
    await this.trail.record({ type: 'authorization.refused', outcome: 'refused', subject, tool, traceId, reason: refusal.code });
    throw refusal;
  }
}
