import { Inject, Injectable } from '@nestjs/common';
import { type AuditSubject, AuditRecorder } from 'execution-identity/internal';
import { type AdmittedIdentity, decide, type EieError, type EnvelopeParts } from 'execution-identity';
import { ServerProfile } from '../configuration/server-profile.js';
import { type Execution } from '../record/execution-record.js';
import { handlerPolicy } from './policy-metadata.js';

/** Decides once per execution, and records what it refuses. An allowed execution is recorded by its intent. */
@Injectable()
export class Authorizer {
  constructor(
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Inject(ServerProfile) private readonly profile: ServerProfile,
  ) {}

  /** @throws EieError `insufficient_scope`, `policy_missing`, `audit_unavailable` */
  async authorize(identity: AdmittedIdentity | EnvelopeParts, execution: Execution): Promise<void> {
    const refusal = decide(identity, handlerPolicy(execution.handler, execution.type), this.profile.scopeHierarchy);
    if (refusal) await this.refuse(refusal, identity, execution);
  }

  /** The same decision, for a list of what may be called: nothing is recorded, and it is made again when it is called. */
  allows(identity: AdmittedIdentity | EnvelopeParts, { handler, type }: Pick<Execution, 'handler' | 'type'>): boolean {
    return decide(identity, handlerPolicy(handler, type), this.profile.scopeHierarchy) === undefined;
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
