import { Inject, Injectable } from '@nestjs/common';
import {
  type AdmittedIdentity,
  type Clock,
  type Diagnostics,
  EieError,
  type EnvelopeParts,
  type PolicyEngineCheck,
} from 'execution-identity';
import { droppedOf, issuedParts, notAllowedTo, rightsOf, secondsOf } from 'execution-identity/internal';
import { unaskable } from '../../approvals/unaskable.js';
import { Authorizer } from '../../authorization/authorizer.js';
import { assumedTimes, SupposedIdentities } from '../../boundary/supposed-identities.js';
import { EieConfiguration, optionsOf } from '../../configuration/eie-configuration.js';
import { isLooking } from '../../configuration/looking.js';
import { EIE_CLOCK, EIE_DIAGNOSTICS, EIE_POLICY_ENGINE } from '../../configuration/ports.js';
import { ScopeWords } from '../../configuration/scope-words.js';
import { type ServerOptions, ServerProfile } from '../../configuration/server-profile.js';
import { foreseenCall } from '../../delegation/call/foreseen-call.js';
import { TargetIssuers } from '../../delegation/targets/target-issuers.js';
import { TargetRegistry } from '../../delegation/targets/target-registry.js';
import { allowedTargets, refusalOfAgent } from '../../execution/agent-rights.js';
import { Resources, type RouteResource } from '../../http/resources.js';
import { IdentityRevocation } from '../../revocation/identity-revocation.service.js';
import { type ServedHandler } from '../posture/handler-facts.js';
import { Posture } from '../posture/posture.js';
import { explainedCall } from './explained-call.js';
import { explainedIdentity } from './explained-identity.js';
import { explainedRefusal } from './explained-refusal.js';
import { type ExplainedTarget, type Explanation } from './explanation.js';

/** Kinds of handlers that this library decides about. */
const KINDS: readonly ServedHandler['kind'][] = ['tool', 'resource', 'template', 'prompt', 'http'];
/** No call has this trace. */
const NO_TRACE = '0'.repeat(32);

const nameOf = ({ name, entry }: ServedHandler): string => name ?? entry.name;

/** Claims of a token that nobody has signed, and the client that it would be of. */
export interface SupposedCaller {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly clientId?: string | undefined;
}

/**
 * Says what would be decided about a call, by the code that decides about calls. Nothing runs, nothing is recorded, no token is asked for, and what
 * it returns is data: no identity comes out of it. It answers only in an application that was created to be looked at.
 */
@Injectable()
export class DryRun {
  /** `#private`, because any code can inject this. */
  readonly #options: ServerOptions;
  readonly #isLookedAt = isLooking();
  /** Made when it is needed: an application that serves requests has no use for it. */
  #identities: SupposedIdentities | undefined;

  constructor(
    @Inject(EieConfiguration) configuration: EieConfiguration<ServerOptions>,
    @Inject(ServerProfile) private readonly profile: ServerProfile,
    @Inject(Posture) private readonly posture: Posture,
    @Inject(Resources) private readonly resources: Resources,
    @Inject(Authorizer) private readonly authorizer: Authorizer,
    @Inject(TargetRegistry) private readonly targets: TargetRegistry,
    @Inject(IdentityRevocation) private readonly revocation: IdentityRevocation,
    @Inject(EIE_CLOCK) private readonly clock: Clock,
    @Inject(EIE_DIAGNOSTICS) private readonly diagnostics: Diagnostics,
    @Inject(EIE_POLICY_ENGINE) private readonly engine: PolicyEngineCheck | undefined,
  ) {
    this.#options = optionsOf(configuration);
  }

  /** The names of the handlers that can be asked about. */
  get names(): readonly string[] {
    return [...new Set(this.#served().map(nameOf))].sort();
  }

  /** The handlers of this name, or with this `Class.method`. Routes of MCP may have tools of one name. */
  find(name: string): readonly ServedHandler[] {
    const served = this.#served();
    const named = served.filter(one => nameOf(one) === name);
    return named.length ? named : served.filter(({ entry }) => entry.name === name);
  }

  /** @throws EieError `identity_forged` in an application that serves requests */
  async explain(served: ServedHandler, { claims, clientId }: SupposedCaller): Promise<Explanation> {
    if (!this.#isLookedAt) throw new EieError('identity_forged');
    const about = this.#about(served);
    if (served.entry.policy.kind === 'public') return about;
    const explained = { ...about, assumed: assumedTimes(claims) };
    let identity: AdmittedIdentity;
    try {
      identity = await this.#supposed().admit({ claims, clientId, route: this.#routeOf(served) });
    } catch (error) {
      if (!(error instanceof EieError)) throw error;
      return { ...explained, allowed: false, refusal: explainedRefusal(error) };
    }
    const known = { ...explained, identity: explainedIdentity(identity) };
    const closed = refusalOfAgent(identity, this.profile);
    if (closed) return { ...known, allowed: false, refusal: explainedRefusal(closed) };
    const execution = { entry: served.entry, handlerName: nameOf(served) };
    const asksEngine = !served.policyArguments;
    const decision = await this.authorizer.foretell(identity, execution, { asksEngine });
    const policyEngine = this.#engineAnswer(decision, asksEngine);
    const refusal = decision ?? (served.entry.approval && unaskable(served.entry.approval, identity));
    if (refusal) return { ...known, allowed: false, policyEngine, refusal: explainedRefusal(refusal) };
    return { ...known, policyEngine, targets: await this.#targetsOf(served, identity) };
  }

  /** A route that dispatches, and a handler with a guard of its own, cannot be asked about. */
  #served(): ServedHandler[] {
    const policies = ['protected', 'public'];
    return this.posture
      .served()
      .filter(({ kind, entry }) => KINDS.includes(kind) && policies.includes(entry.policy.kind));
  }

  #about(served: ServedHandler): Explanation {
    const { kind, entry, dataSubjects = [] } = served;
    const { approval } = entry;
    return {
      handler: { kind, name: nameOf(served), method: entry.name, policy: entry.policy.kind },
      allowed: true,
      refusal: null,
      assumed: [],
      identity: null,
      policyEngine: this.engine ? 'not_asked' : 'none',
      approval: approval ? { by: approval.by, reason: approval.reason, show: approval.show } : null,
      dataSubjects,
      targets: [],
    };
  }

  #supposed(): SupposedIdentities {
    const { revocation, resources, diagnostics } = this;
    return (this.#identities ??= new SupposedIdentities(this.#options, { revocation, resources, diagnostics }));
  }

  /** What has an identifier of its own: the route of MCP that serves it, or its controller. */
  #routeOf({ kind, entry, routes }: ServedHandler): RouteResource | undefined {
    if (kind === 'http') return this.resources.routeOf({ getClass: <T>() => entry.type as T });
    const route = this.posture.document.mcp.find(({ path }) => path === routes[0]);
    return this.resources.further.find(({ resource }) => resource === route?.resource);
  }

  #engineAnswer(refusal: EieError | undefined, asksEngine: boolean): Explanation['policyEngine'] {
    if (!this.engine) return 'none';
    if (refusal?.code === 'policy_unavailable') return 'unreachable';
    if (refusal && refusal.code !== 'policy_denied') return 'not_asked';
    if (!asksEngine) return 'needs_arguments';
    return refusal ? 'denies' : 'allows';
  }

  async #targetsOf({ entry }: ServedHandler, identity: AdmittedIdentity): Promise<ExplainedTarget[]> {
    const declared = entry.targets.flatMap(name => this.targets.get(name) ?? []);
    const envelope = issuedParts(identity, {
      issuer: this.profile.resource,
      traceId: NO_TRACE,
      targets: allowedTargets(identity, declared),
      lifetime: this.profile.envelopeLifetime,
      now: secondsOf(this.clock)(),
    });
    return Promise.all(entry.targets.map(name => this.#targetOf(name, identity, envelope)));
  }

  async #targetOf(name: string, identity: AdmittedIdentity, envelope: EnvelopeParts): Promise<ExplainedTarget> {
    const about = { name, mode: this.targets.get(name)?.mode ?? null };
    try {
      const refusal = notAllowedTo(identity, 'targets', name);
      if (refusal) throw refusal;
      const targetIssuers = new TargetIssuers(this.#options);
      const parts = { targets: this.targets, targetIssuers, scopeWords: new ScopeWords(this.#options.issuers) };
      const call = explainedCall(await foreseenCall(parts, envelope, name, rightsOf(identity)), envelope);
      return { ...about, allowed: true, refusal: null, call };
    } catch (error) {
      if (!(error instanceof EieError)) throw error;
      const party = error.code === 'delegation_scope_empty' ? this.#whoDrops(name, identity) : undefined;
      return { ...about, allowed: false, refusal: explainedRefusal(error, party), call: null };
    }
  }

  /** Whose ceiling takes away a scope of the token that the target would have taken. */
  #whoDrops(name: string, identity: AdmittedIdentity): 'agent' | 'tenant' | undefined {
    const { scopes } = this.targets.forTenant(name, identity.actor.tenant);
    return droppedOf(identity).find(({ scope }) => scopes.includes(scope))?.by;
  }
}
