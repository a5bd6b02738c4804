import { type ServerResponse } from 'node:http';
import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { type AdmittedIdentity, type Diagnostics, EieError, type HandlerPolicy, ReplayStore } from 'execution-identity';
import { AuditRecorder, revocableIdentity } from 'execution-identity/internal';
import { issue } from 'execution-identity/internal/issue';
import { Authorizer } from '../authorization/authorizer.js';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { Boundary } from '../boundary/boundary.js';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { EIE_DIAGNOSTICS } from '../configuration/ports.js';
import { type ServerOptions, ServerProfile } from '../configuration/server-profile.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { presentedScheme } from '../edge/presented-scheme.js';
import {
  type HttpRequest,
  type HttpResponse,
  isClosed,
  nodeResponse,
  setUser,
  whenClosed,
} from '../http/http-request.js';
import { reasonOfResponse } from '../http/response-reason.js';
import { Refusals } from '../http/refusal-response.js';
import { Resources } from '../http/resources.js';
import { JobSealer } from '../jobs/job-sealer.js';
import { MCP_CONTEXT } from '../record/carrier.js';
import { type Execution } from '../record/execution.js';
import { carry, ExecutionRecord, recordIn, RequestRecord } from '../record/execution-record.js';
import { IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { shareToken } from '../vault/share-token.js';
import { allowedTargets, refusalOfAgent } from './agent-rights.js';
import { endRequest } from './endings.js';
import { ExecutionLog } from './execution-log.js';
import { answerProbe } from './guard-probe.js';
import { HandlerGuard } from './handler.guard.js';
import { ResponseLifetime } from './response-lifetime.js';

/**
 * The first half of every execution, up to its intent on the audit log. For an HTTP request it admits the identity, removes the credentials, decides the handler and issues
 * the envelope. A route that dispatches gets only the admitted identity. An MCP execution must already have its decision, and gets its
 * envelope; without a decision it is refused. Any other kind of handler is refused.
 */
@Injectable()
export class EieGuard implements CanActivate, OnApplicationShutdown {
  /** Made here and not injected: only the configuration says whom it admits. */
  readonly #boundary: Boundary;
  /** Milliseconds since the epoch. */
  readonly #clock: () => number;
  readonly #handlers: HandlerGuard<AdmittedIdentity>;

  constructor(
    @Inject(EieConfiguration) private readonly configuration: EieConfiguration<ServerOptions>,
    @Inject(ServerProfile) private readonly profile: ServerProfile,
    @Inject(IdentityRevocation) private readonly revocation: IdentityRevocation,
    @Inject(Authorizer) private readonly authorizer: Authorizer,
    @Inject(ExecutionLog) private readonly log: ExecutionLog,
    @Inject(HandlerRegistry) private readonly registry: HandlerRegistry,
    @Inject(TargetRegistry) targets: TargetRegistry,
    @Inject(Resources) resources: Resources,
    @Inject(AuditRecorder) audit: AuditRecorder,
    @Inject(Refusals) refusals: Refusals,
    @Inject(JobSealer) private readonly jobs: JobSealer,
    @Inject(ReplayStore) replays: ReplayStore,
    @Inject(EIE_DIAGNOSTICS) diagnostics: Diagnostics,
  ) {
    const options = optionsOf(configuration);
    this.#clock = options.ports?.clock ?? Date.now;
    this.#boundary = new Boundary(options, revocation, resources, { replays, diagnostics });
    this.#handlers = new HandlerGuard(
      { registry, authorizer, targets, audit, refusals, log, callDeadline: profile.callDeadline },
      {
        admit: context => this.#boundary.admit(context, targets.actsForUsers()),
        enter: (context, admitted, policy, execution) => this.#enter(context, admitted, policy, execution),
        enterOther: context => this.#enterOther(context),
      },
    );
  }

  canActivate(context: ExecutionContext): Promise<boolean> {
    return this.#handlers.canActivate(context);
  }

  onApplicationShutdown(): void {
    this.#boundary.close();
  }

  async #enter(
    context: ExecutionContext,
    admitted: AdmittedIdentity,
    policy: HandlerPolicy,
    execution: Execution,
  ): Promise<void> {
    const refusal = refusalOfAgent(admitted, this.profile);
    if (refusal) await this.#handlers.refuseAdmission(refusal, admitted, policy, execution);
    const http = context.switchToHttp();
    const carrier = http.getRequest<HttpRequest>();
    const request = new RequestRecord(admitted, presentedScheme(carrier));
    this.#endWithResponse(request, nodeResponse(http.getResponse<HttpResponse>()), policy);
    if (policy.kind === 'dispatcher') {
      // Check again, now that revocations are watched: between the admission and here one may have come unnoticed.
      try {
        await this.revocation.assertNotRevoked(revocableIdentity(admitted));
      } catch (refusal) {
        await this.#handlers.refuseAdmission(refusal, admitted, policy, execution);
      }
      return carry(carrier, request);
    }
    const decided = this.authorizer.authorize(admitted, execution);
    if (decided) await decided;
    const record = new ExecutionRecord(execution, request);
    carry(carrier, record);
    await this.#begin(record, request);
    setUser(carrier, record.envelope);
  }

  async #enterOther(context: ExecutionContext): Promise<void> {
    if (answerProbe(context)) throw new EieError('unsupported_context');
    const record = recordIn(context);
    if (!record && context.getType<string>() !== MCP_CONTEXT) return this.#handlers.refuseKind(context);
    const isBegun = record?.isAhead ?? false;
    if (record) record.isAhead = false;
    // One decision allows one execution of one handler.
    if (!record?.request || (record.envelope && !isBegun) || !this.registry.isOf(record.execution.entry, context))
      return this.#handlers.refuse(new EieError('decision_missing'), context);
    // A client that has gone away has taken its request back: a tool that has not begun does not begin.
    if (record.request.isClosed) {
      const refusal = record.request.ended ?? new EieError('caller_left');
      // One that has begun has its intent and its outcome.
      if (isBegun) throw refusal;
      return this.authorizer.refuse(refusal, record.request.admitted, record.execution);
    }
    if (!isBegun) await this.#begin(record, record.request);
  }

  #begin(record: ExecutionRecord, request: RequestRecord): Promise<void> {
    const issued = this.#issue(record, request);
    const begun = issued ? issued.then(() => this.log.begin(record)) : this.log.begin(record);
    // The client may have closed the connection meanwhile: then nothing else ends the execution.
    return begun.then(() => (request.isClosed ? this.#handlers.endUnawaited(record, 'aborted') : undefined));
  }

  #endWithResponse(request: RequestRecord, response: ServerResponse, { kind }: HandlerPolicy): void {
    // The client closed the connection while its token was verified.
    if (isClosed(response)) return void endRequest(request);
    const lifetime = new ResponseLifetime(response, request, {
      expiresIn: request.admitted.expiresAt * 1000 - this.#clock(),
      callDeadline: this.profile.callDeadline * 1000,
    });
    const stopWatching = this.revocation.whileOpen(revocableIdentity(request.admitted), () => lifetime.revoke());
    whenClosed(response, () => {
      stopWatching();
      lifetime.close();
      // Where messages are dispatched, the status says nothing of the calls in them.
      const reason = kind === 'dispatcher' ? 'aborted' : reasonOfResponse(response);
      for (const record of endRequest(request)) void this.#handlers.endUnawaited(record, reason);
    });
  }

  /**
   * Issues the envelope of an execution that has been allowed.
   *
   * @returns nothing to wait for where the revocation store knows it at once
   */
  #issue(record: ExecutionRecord, { admitted }: RequestRecord): Promise<void> | undefined {
    // Check again: time has passed since the admission (a body was read, an input validated, perhaps the user was asked).
    const asked = this.revocation.assertNotRevoked(revocableIdentity(admitted));
    if (!asked) return this.#issueNow(record, admitted);
    return asked.then(
      () => this.#issueNow(record, admitted),
      (refusal: EieError) => this.authorizer.refuse(refusal, admitted, record.execution),
    );
  }

  #issueNow(record: ExecutionRecord, admitted: AdmittedIdentity): Promise<void> | undefined {
    const { approval, execution } = record;
    const { resource, envelopeLifetime } = this.profile;
    const now = Math.floor(this.#clock() / 1000);
    if (admitted.expiresAt <= now) return this.authorizer.refuse(new EieError('identity_expired'), admitted, execution);
    const refused = this.#handlers.reserve(record, admitted);
    if (refused) return refused;
    const targets = allowedTargets(admitted, this.#handlers.targetsOf(execution));
    const { traceId } = execution;
    const envelope = issue(admitted, { issuer: resource, traceId, targets, approval, lifetime: envelopeLifetime, now });
    if (targets.some(target => target.mode !== 'service_identity')) shareToken(admitted, envelope);
    record.identify(envelope, envelope.delegation.mode, this.configuration);
    record.jobs = this.jobs;
    return undefined;
  }
}
