import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  type AuditSubject,
  AuditRecorder,
  engineAllowsEach,
  findingOf,
  notAllowedTo,
  policyQuestion,
  secondsOf,
  unmetRequirement,
} from 'execution-identity/internal';
import {
  type AdmittedIdentity,
  type Clock,
  decide,
  EieError,
  type EnvelopeParts,
  type PolicyEngineCheck,
  type QuestionDetails,
} from 'execution-identity';
import { EIE_CLOCK, EIE_POLICY_ENGINE, EIE_TARGET_MODES, type TargetModes } from '../configuration/ports.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { type Execution } from '../record/execution.js';

/** A handler, and the call of it where there is one. */
type Handled = Pick<Execution, 'entry' | 'handlerName' | 'arguments'> & Partial<Pick<Execution, 'traceId'>>;

/** Decides once per execution, and records what it refuses. An allowed execution is recorded by its intent. */
@Injectable()
export class Authorizer {
  /** Seconds since the epoch. */
  readonly #now: () => number;

  constructor(
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Inject(ServerProfile) private readonly profile: Pick<ServerProfile, 'scopeHierarchy' | 'scopeWords'>,
    @Inject(EIE_CLOCK) private readonly clock: Clock,
    @Optional() @Inject(EIE_POLICY_ENGINE) private readonly policyEngine?: PolicyEngineCheck,
    @Optional() @Inject(EIE_TARGET_MODES) private readonly targets?: TargetModes,
  ) {
    this.#now = secondsOf(clock);
  }

  /**
   * @returns nothing to wait for where it is allowed and no policy engine is asked
   * @throws EieError what `decide()` returns, `audit_unavailable`; the promise rejects with it
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

  /**
   * What {@link authorize} decides before it asks a policy engine: for a call whose arguments the engine is to see, and which are not known to
   * be valid yet. The call must be authorized once they are.
   */
  authorizeRequirements(identity: AdmittedIdentity | EnvelopeParts, execution: Execution): Promise<void> | undefined {
    const refusal = this.#unmet(identity, execution);
    return refusal && this.#refuseIfAny(refusal, identity, execution);
  }

  /**
   * The decision of {@link authorize}, or of {@link authorizeRequirements}, about a call that is only looked at. It is NOT recorded, and allows
   * nothing.
   */
  async foretell(
    identity: AdmittedIdentity,
    execution: Handled,
    { asksEngine }: { readonly asksEngine: boolean },
  ): Promise<EieError | undefined> {
    return asksEngine ? this.#decide(identity, execution) : this.#unmet(identity, execution);
  }

  /** The same decisions, to show in a list what may be called. They are NOT recorded, and are made again when a handler is called. */
  async allowsEach(
    identity: AdmittedIdentity | EnvelopeParts,
    executions: readonly Handled[],
  ): Promise<readonly boolean[]> {
    const { policyEngine } = this;
    const met = executions.map(execution => this.#unmet(identity, execution) === undefined);
    if (!policyEngine) return met;
    const questions = executions
      .filter((_execution, i) => met[i])
      .map(one => policyQuestion(identity, one.handlerName, policyEngine.resource, this.#detailsOf(identity, one)));
    const answers = [...(await engineAllowsEach(policyEngine, questions))];
    return met.map(one => one && answers.shift() === true);
  }

  /** Records the refusal and throws it. Leave the name of the handler out where none is known yet. */
  async refuse(
    refusal: EieError,
    subject: AuditSubject,
    {
      handlerName,
      traceId,
      startedBy,
    }: Pick<Execution, 'traceId' | 'startedBy'> & Partial<Pick<Execution, 'handlerName'>>,
  ): Promise<never> {
    await this.audit.record({
      type: 'authorization.refused',
      outcome: 'refused',
      subject,
      handler: handlerName,
      traceId,
      startedBy,
      reason: refusal,
    });
    throw refusal;
  }

  #decide(
    identity: AdmittedIdentity | EnvelopeParts,
    execution: Handled,
  ): EieError | Promise<EieError | undefined> | undefined {
    const { policyEngine, profile, clock } = this;
    if (!policyEngine) return this.#unmet(identity, execution);
    const parts = {
      hierarchy: profile.scopeHierarchy,
      policyEngine,
      clock,
      details: this.#detailsOf(identity, execution),
    };
    return decide(identity, execution.entry.policy, execution.handlerName, parts).then(refusal =>
      this.#inWords(refusal, identity),
    );
  }

  #unmet(identity: AdmittedIdentity | EnvelopeParts, { entry, handlerName }: Handled): EieError | undefined {
    const asked = { operation: handlerName, hierarchy: this.profile.scopeHierarchy, now: this.#now };
    return this.#inWords(unmetRequirement(identity, entry.policy, asked), identity);
  }

  /** What the policy engine is told of a call. */
  #detailsOf(identity: object, { entry, traceId, arguments: args }: Handled): QuestionDetails {
    const allowed = entry.targets.filter(name => !notAllowedTo(identity, 'targets', name));
    const targets = allowed.flatMap(name => this.targets?.get(name) ?? []);
    return {
      targets: targets.map(({ name, mode }) => ({ name, mode })),
      ...(traceId !== undefined && { traceId }),
      ...(args && { arguments: args }),
    };
  }

  #inWords(refusal: EieError | undefined, identity: AdmittedIdentity | EnvelopeParts): EieError | undefined {
    if (refusal?.code !== 'insufficient_scope') return refusal;
    // The client asks the issuer of its user for them.
    const scopes = this.profile.scopeWords.at(identity.actor.issuer, refusal.scopes);
    // Only a receiver decides about an envelope, whose scopes are those of two credentials.
    const finding = 'meta' in identity ? { fix: IN_BOTH } : findingOf(refusal);
    return new EieError(refusal.code, { scopes, finding });
  }
}

const IN_BOTH =
  'Both credentials must have these scopes: the user holds them, the target of this service has them in "scopes" or "onward" at the server that seals, and the access token is granted them.';
