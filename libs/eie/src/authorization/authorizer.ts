import { Inject, Injectable, Optional } from '@nestjs/common';
import { type AuditSubject, AuditRecorder } from 'execution-identity/internal';
import {
  type AdmittedIdentity,
  decide,
  type DecisionParts,
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
  #known: DecisionParts | undefined;

  constructor(
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Inject(ServerProfile) private readonly profile: Pick<ServerProfile, 'scopeHierarchy' | 'scopeWords'>,
    @Optional() @Inject(EIE_POLICY_ENGINE) private readonly policyEngine?: PolicyEngineCheck,
  ) {}

  get #parts(): DecisionParts {
    return (this.#known ??= { hierarchy: this.profile.scopeHierarchy, policyEngine: this.policyEngine });
  }

  /** @throws EieError `insufficient_scope`, `policy_missing`, `policy_denied`, `audit_unavailable` */
  async authorize(identity: AdmittedIdentity | EnvelopeParts, execution: Execution): Promise<void> {
    const refusal = await this.#decide(identity, execution);
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

  async #decide(
    identity: AdmittedIdentity | EnvelopeParts,
    { entry, handlerName }: Omit<Execution, 'traceId'>,
  ): Promise<EieError | undefined> {
    const refusal = await decide(identity, entry.policy, handlerName, this.#parts);
    if (refusal?.code !== 'insufficient_scope') return refusal;
    // The client asks the issuer of its user for them.
    return new EieError(refusal.code, { scopes: this.profile.scopeWords.at(identity.actor.issuer, refusal.scopes) });
  }
}
