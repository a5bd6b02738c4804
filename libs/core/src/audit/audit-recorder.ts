import { EieError } from '../errors.js';
import { type Diagnostics, errorName } from '../ports/diagnostics.js';
import { type HealthState, RecentFailures } from '../ports/recent-failures.js';
import { type RevokedIdentity } from '../ports/revocation-store.js';
import { type AuditDetail, auditEvent } from './audit-detail.js';
import { type AuditEvent } from './audit-event.js';
import { type AuditLog, type AuditPosition } from './audit-log.js';
import { AuditLogError } from './log/audit-log-error.js';
import { RefusalReport } from './refusal-report.js';

/** A record that is on the audit log. */
export interface Recorded {
  readonly id: string;
  /** Where it is, if the log says so. */
  readonly position: AuditPosition | undefined;
}

/**
 * Writes the records of this library to the {@link AuditLog}. The code that decides also records. What is refused is told to the operator
 * too, with what a record must not have: what decided, and what to change.
 */
export class AuditRecorder {
  readonly #report: RefusalReport;
  readonly #failures = new RecentFailures();
  #last: { readonly now: number; readonly time: string } | undefined;

  /**
   * @param service who writes the records: see {@link AuditEvent.service}
   * @param namesOutcomes whether answers say where their outcome is: then it must be stored for good before
   */
  constructor(
    private readonly log: AuditLog,
    private readonly clock: () => number,
    diagnostics: Diagnostics,
    private readonly service: string,
    private readonly namesOutcomes = false,
  ) {
    this.#report = new RefusalReport(diagnostics);
  }

  /**
   * Writes the record before the act that it announces, or before the refusal is answered.
   *
   * @throws EieError `audit_unavailable` when the log refuses it
   */
  record(detail: AuditDetail): Promise<Recorded> {
    if (detail.reason !== undefined) this.#tell(detail);
    return this.#append(this.#event(detail));
  }

  /** Writes the record of an act that has happened. The act cannot be undone, so a failure is reported and not thrown. */
  async recordOutcome(detail: AuditDetail): Promise<Recorded | undefined> {
    try {
      const recorded = await this.record(detail);
      if (this.namesOutcomes) await this.log.flush();
      return recorded;
    } catch {
      return undefined;
    }
  }

  /** Tells the operator of a failure that no record has: it was thrown where nobody is identified. One that was told before is not told again. */
  tellUnrecorded(error: EieError, handler: string): void {
    this.#report.tell(error, { handler }, false, false);
  }

  /**
   * @param signal the signal from outside that caused it, as `handler` names it; absent where code of the application has revoked
   * @param failure why the store did not confirm it: it may count all the same
   * @throws EieError `audit_unavailable`; the revocation counts all the same
   */
  async recordRevocation(
    { issuer, sub, tenant, client_id, sid, agent }: RevokedIdentity,
    signal?: string,
    failure?: EieError,
  ): Promise<void> {
    const how = failure === undefined ? { outcome: 'ok' as const } : { outcome: 'failed' as const, reason: failure };
    await this.#append({
      ...this.#event({ type: 'identity.revoked', ...how, subject: null, handler: signal }),
      actor_issuer: issuer,
      actor_sub: sub ?? null,
      tenant: tenant ?? null,
      agent_issuer: agent?.issuer ?? null,
      agent_id: agent?.id ?? null,
      client_id: client_id ?? null,
      session_id: sid ?? null,
    });
  }

  /** @see AuditLog.digestOf */
  digestOf(args: unknown): string | null {
    return this.log.digestOf(args);
  }

  /** What became of the last records. */
  get health(): HealthState {
    return this.#failures.state();
  }

  close(): Promise<void> {
    this.#report.close();
    return this.log.close();
  }

  #event(detail: AuditDetail): AuditEvent {
    return auditEvent(this.service, detail, this.#timeOf(this.clock()));
  }

  /** Many records are of one millisecond. */
  #timeOf(now: number): string {
    if (this.#last?.now !== now) this.#last = { now, time: new Date(now).toISOString() };
    return this.#last.time;
  }

  #tell({ reason, subject, handler, target, traceId }: AuditDetail): void {
    if (!(reason instanceof EieError)) return;
    const trace = subject && 'session' in subject ? subject.session.trace_id : traceId;
    this.#report.tell(reason, { handler, target, traceId: trace }, subject !== null);
  }

  async #append(event: AuditEvent): Promise<Recorded> {
    try {
      const position = await this.log.append(event);
      this.#failures.succeeded();
      return { id: event.id, position: position ?? undefined };
    } catch (error) {
      this.#failures.failed();
      const fix = error instanceof AuditLogError && { fix: error.message };
      const refusal = new EieError('audit_unavailable', { finding: { status: errorName(error), ...fix } });
      this.#report.tell(refusal, { handler: event.handler ?? undefined }, true);
      throw refusal;
    }
  }
}
