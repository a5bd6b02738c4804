import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import {
  AuditLog,
  type Diagnostics,
  EieError,
  type ExecutionIdentityEnvelope,
  ReplayStore,
  Shares,
} from 'execution-identity';
import { AuditRecorder, type AuditSubject, revocableIdentity, shareHolder } from 'execution-identity/internal';
import { issue } from 'execution-identity/internal/issue';
import { Authorizer } from '../authorization/authorizer.js';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { isLookedAt } from '../configuration/looking.js';
import { EIE_DIAGNOSTICS } from '../configuration/ports.js';
import { type ServerOptions, ServerProfile } from '../configuration/server-profile.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { allowedTargets, refusalOfAgent } from '../execution/agent-rights.js';
import { ExecutionLog, reasonOf } from '../execution/execution-log.js';
import { Resources } from '../http/resources.js';
import { JobSealer } from '../jobs/job-sealer.js';
import { type Execution } from '../record/execution.js';
import { ExecutionRecord, RequestRecord } from '../record/execution-record.js';
import { IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { traceFrom } from '../telemetry/trace.js';
import { JobHandlers } from './job-handlers.js';
import { type AdmittedJob, JobOpening, parentOf } from './job-opening.js';
import { JobEnding, type QueuedJob } from './running-job.js';
import { RunningJobs } from './running-jobs.js';

/** What is known of a job that is refused. */
type Asked = Pick<Execution, 'traceId' | 'startedBy'> & { readonly handlerName: string | undefined };

/**
 * Runs jobs in the identities that `identity.forJob()` has sealed for them. Whatever reads a queue hands each job over here.
 *
 * A worker has the `resource` and the `signing` of the server that seals: it is the same application, or has the same options.
 */
@Injectable()
export class JobIdentities implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** `#private`, because any code can inject this. */
  readonly #opening: JobOpening;
  readonly #shares = new Shares();
  readonly #running = new RunningJobs();

  constructor(
    @Inject(EieConfiguration) private readonly configuration: EieConfiguration<ServerOptions>,
    @Inject(ServerProfile) private readonly profile: ServerProfile,
    @Inject(JobHandlers) private readonly handlers: JobHandlers,
    @Inject(JobSealer) private readonly sealer: JobSealer,
    @Inject(Authorizer) private readonly authorizer: Authorizer,
    @Inject(ExecutionLog) private readonly log: ExecutionLog,
    @Inject(TargetRegistry) private readonly targets: TargetRegistry,
    @Inject(IdentityRevocation) private readonly revocation: IdentityRevocation,
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Inject(AuditLog) private readonly auditLog: AuditLog,
    @Inject(Resources) resources: Resources,
    @Inject(ReplayStore) replays: ReplayStore,
    @Inject(EIE_DIAGNOSTICS) diagnostics: Diagnostics,
  ) {
    this.#opening = new JobOpening(optionsOf(configuration), { resources, revocation, replays, diagnostics });
  }

  onApplicationBootstrap(): void {
    this.#running.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#running.close(this.profile.callDeadline * 1000);
  }

  /**
   * Opens a job, decides by what is known now whether it may run, and runs its handler as an execution of its own: with its identity, its intent and
   * its outcome on the audit log, and calls of targets in `service_identity`. It waits until the application has started, and `app.close()` waits for it.
   *
   * Each attempt of a job runs once, in all workers that share `ports.replay`. When the identity is revoked or expires meanwhile, it rejects at
   * once, and what the handler still does in that identity is refused. It does NOT stop the handler: hand it `signal`.
   *
   * @param sealed the text of `identity.forJob()`, of whatever type the queue gives it back
   * @returns what the handler returns
   * @throws EieError `job_invalid`, `job_expired`, `job_replayed`, `job_unavailable`; `handler_unknown`; `issuer_unknown`, `issuer_unavailable`, `tenant_refused`,
   * `agent_unregistered`, `agents_unavailable`, `identity_revoked`, `revocation_unavailable`; what a decision about a handler says, such as
   * `insufficient_scope`, `agent_not_allowed`, `policy_denied` and `policy_unavailable`; `limit_reached`; `identity_expired`; `audit_unavailable`. Whatever the handler
   * throws is passed on
   * @example await jobs.run(data.sealed, { queue: 'invoices', id, name: 'send', data: data.data, attempt: 1 });
   */
  run(sealed: unknown, job: QueuedJob): Promise<unknown> {
    const queued = { ...job };
    return this.#running.run(async () => {
      if (isLookedAt(this.auditLog)) throw new EieError('audit_unavailable');
      const admitted = await this.#admit(sealed, queued);
      await this.authorizer.authorize(admitted.admitted, admitted.execution);
      return this.#execute(admitted, queued);
    });
  }

  async #admit(sealed: unknown, job: QueuedJob): Promise<AdmittedJob> {
    const known = this.handlers.find(job.queue, job.name);
    let asked: Asked = { handlerName: known?.handlerName, traceId: traceFrom({}).traceId };
    let subject: AuditSubject = null;
    try {
      const opened = await this.#opening.open(sealed, job);
      const { startedBy, session } = opened;
      subject = session.id === undefined ? opened : { ...opened, sessionId: session.id };
      const trace = traceFrom({}, { traceparent: parentOf(opened) });
      asked = { ...asked, traceId: trace.traceId, startedBy };
      if (!known) throw new EieError('handler_unknown');
      const admitted = await this.#opening.admit(opened);
      subject = admitted;
      const refusal = refusalOfAgent(admitted, this.profile);
      if (refusal) throw refusal;
      const { entry, handlerName } = known;
      return { opened, admitted, known, execution: { entry, handlerName, traceId: trace.traceId, trace, startedBy } };
    } catch (error) {
      return this.#refuse(error, subject, asked);
    }
  }

  async #execute(job: AdmittedJob, queued: QueuedJob): Promise<unknown> {
    const { opened, admitted, known, execution } = job;
    const release = this.#shares.lease(shareHolder(admitted));
    if (!release) return this.authorizer.refuse(new EieError('limit_reached'), admitted, execution);
    const record = new ExecutionRecord(execution, new RequestRecord(admitted));
    record.hold(release);
    const ending = new JobEnding((admitted.expiresAt - this.#opening.now()) * 1000);
    const stopWatching = this.revocation.whileOpen(revocableIdentity(admitted), () => ending.end('identity_revoked'));
    try {
      const identity = await this.#begin(record, job, queued.attempt);
      const work = () => ending.orResult(async () => known.run(identity, ending.jobOf(queued, opened.data)));
      return await this.#recorded(record, () => (record.span ? record.span.within(work) : work()));
    } finally {
      stopWatching();
      ending.close();
      if (ending.signal.aborted) record.stops.end(ending.signal.reason as EieError);
      record.end();
    }
  }

  /** Up to the intent on the audit log: nothing of the application has run. */
  async #begin(
    record: ExecutionRecord,
    { opened, admitted, execution }: AdmittedJob,
    attempt: number,
  ): Promise<ExecutionIdentityEnvelope> {
    try {
      // Again, now that revocations are watched. The attempt is used up last.
      await this.revocation.assertNotRevoked(revocableIdentity(admitted));
      await this.#opening.use(opened, attempt);
    } catch (error) {
      await this.#refuse(error, admitted, execution);
    }
    const now = Math.floor(this.#opening.now());
    const targets = allowedTargets(
      admitted,
      execution.entry.targets.flatMap(name => this.targets.get(name) ?? []),
    );
    const { traceId } = execution;
    const lifetime = admitted.expiresAt - now;
    const envelope = issue(admitted, { issuer: this.profile.resource, traceId, targets, lifetime, now });
    record.identify(envelope, envelope.delegation.mode, this.configuration);
    record.jobs = this.sealer;
    await this.log.begin(record);
    record.enter();
    return envelope;
  }

  async #recorded(record: ExecutionRecord, work: () => Promise<unknown>): Promise<unknown> {
    try {
      const result = await work();
      await this.log.end(record, { outcome: 'ok' });
      return result;
    } catch (error) {
      await this.log.end(record, { outcome: 'failed', reason: reasonOf(error) });
      throw error;
    }
  }

  async #refuse(error: unknown, subject: AuditSubject, asked: Asked): Promise<never> {
    if (error instanceof EieError)
      await this.audit.record({
        type: 'admission.refused',
        outcome: 'refused',
        subject,
        traceId: asked.traceId,
        startedBy: asked.startedBy,
        handler: asked.handlerName,
        reason: error,
      });
    throw error;
  }
}
