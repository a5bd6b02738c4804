import { Inject, Injectable, Optional } from '@nestjs/common';
import { type AuditSubject, AuditRecorder, unmetRequirement } from 'execution-identity/internal';
import {
  type AdmittedIdentity,
  decide,
  EieError,
  type EnvelopeParts,
  type PolicyEngineCheck,
} from 'execution-identity';
import { EIE_POLICY_ENGINE } from '../configuration/ports.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { type Execution } from '../record/execution-record.js';

/** Decides once per execution, and records what it refuses. An allowed execution is recorded by its intent. */
@Injectable()
export class Authorizer {
  constructor(
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Inject(ServerProfile) private readonly profile: Pick<ServerProfile, 'scopeHierarchy' | 'scopeWords'>,
    @Optional() @Inject(EIE_POLICY_ENGINE) private readonly policyEngine?: PolicyEngineCheck,
  ) {}

  /**
   * @returns nothing to wait for where it is allowed and no policy engine is asked
   * @throws EieError `insufficient_scope`, `policy_missing`, `policy_denied`, `audit_unavailable`; the promise rejects with it
   */
  authorize(identity: AdmittedIdentity | EnvelopeParts, execution: Execution): Promise<void> | undefined {
    const refusal = this.#decide(identity, execution);
    return refusal && this.#refuseIfAny(refusal, identity, execution);
  }

  async #refuseIfAny(
    decision: EieError | Promise<EieError | undefined>,
    identity: AdmittedIdentity | EnvelopeParts,
    execution: Execution,
  ): Promise<void> {
    const refusal = await decision;
    if (refusal) await this.refuse(refusal, identity, execution);
  }

  /** The same decision, to show in a list what may be called. It is NOT recorded, and is made again when the handler is called. */
  async allows(identity: AdmittedIdentity | EnvelopeParts, execution: Omit<Execution, 'traceId'>): Promise<boolean> {
    return (await this.#decide(identity, execution)) === undefined;
  }

  /** Records the refusal and throws it. Leave the name of the handler out where none is known yet. */
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
      reason: refusal,
    });
    throw refusal;
  }

  #decide(
    identity: AdmittedIdentity | EnvelopeParts,
    { entry, handlerName }: Omit<Execution, 'traceId'>,
  ): EieError | Promise<EieError | undefined> | undefined {
    const { policyEngine, profile } = this;
    const hierarchy = profile.scopeHierarchy;
    if (!policyEngine) return this.#inWords(unmetRequirement(identity, entry.policy, hierarchy), identity);
    return decide(identity, entry.policy, handlerName, { hierarchy, policyEngine }).then(refusal =>
      this.#inWords(refusal, identity),
    );
  }

  #inWords(refusal: EieError | undefined, identity: AdmittedIdentity | EnvelopeParts): EieError | undefined {
    if (refusal?.code !== 'insufficient_scope') return refusal;
    // The client asks the issuer of its user for them.
    return new EieError(refusal.code, { scopes: this.profile.scopeWords.at(identity.actor.issuer, refusal.scopes) });
  }
}
