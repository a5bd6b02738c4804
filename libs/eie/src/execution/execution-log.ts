import { Inject, Injectable, Optional } from '@nestjs/common';
import { type AuditReason, type EieError } from 'execution-identity';
import { type AuditDetail, AuditRecorder, eieErrorIn } from 'execution-identity/internal';
import { httpStatusOf } from '../http/http-exception.js';
import { type ExecutionRecord } from '../record/execution-record.js';
import { EndUser } from '../telemetry/end-user.js';
import { startExecution } from '../telemetry/execution-span.js';
import { endExecution } from './endings.js';

/** How an execution ended. */
export type Ending = Pick<AuditDetail, 'outcome' | 'reason'>;

/**
 * Writes the intent and the outcome of each execution. The guard begins it as its last act, so that with the audit log down nothing of the
 * application runs. The interceptor ends it; where a later guard refuses, the interceptor never runs, and whoever sees the refusal ends it.
 */
@Injectable()
export class ExecutionLog {
  constructor(
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Optional() @Inject(EndUser) private readonly endUser = new EndUser(),
  ) {}

  /** @throws EieError `audit_unavailable`; the execution has ended then */
  begin(record: ExecutionRecord): Promise<void> {
    const begun = this.audit.record({
      type: 'execution.intent',
      outcome: 'started',
      subject: record.envelope ?? null,
      handler: record.execution.handlerName,
      argsDigest: record.argsDigest,
      mode: record.mode,
      startedBy: record.execution.startedBy,
    });
    record.start(begun);
    record.span = startExecution(record.execution, record.envelope, this.endUser);
    return begun.then(
      intent => void (record.intent = intent),
      (error: unknown) => {
        record.span?.end({ outcome: 'refused', reason: reasonOf(error) });
        endExecution(record);
        throw error;
      },
    );
  }

  /** Once: what comes after the first ending is ignored. */
  async end(record: ExecutionRecord, how: Ending): Promise<void> {
    if (record.hasEnded || record.startedAt === undefined) return;
    // Nobody waits for the answer any more: its client has gone away, or this server has cut it off.
    const ending = how.reason === 'aborted' ? { ...how, reason: record.request?.ended ?? how.reason } : how;
    endExecution(record);
    record.span?.end(ending);
    // No intent, no outcome; and never an outcome before its intent.
    const intent = record.intent ?? (await record.begun?.catch(() => undefined));
    if (!intent) return;
    record.outcome = await this.audit.recordOutcome({
      type: 'execution.outcome',
      outcome: ending.outcome,
      reason: ending.reason,
      subject: record.envelope ?? null,
      handler: record.execution.handlerName,
      argsDigest: record.argsDigest,
      intentId: intent.id,
      mode: record.mode,
      startedBy: record.execution.startedBy,
      calls: record.calls,
      durationMs: performance.now() - record.startedAt,
    });
  }

  /** Ends an execution that a guard behind ours has stopped before its handler. Of one that the interceptor has seen it does nothing. */
  async endStopped(record: ExecutionRecord, reason: AuditReason | EieError): Promise<void> {
    if (record.hasEntered) return;
    await this.end(record, { outcome: isRefusal(reason) ? 'refused' : 'failed', reason });
  }
}

/** An answer below 400 is one that an exception filter of the application has given in place of the handler. */
const isRefusal = (reason: AuditReason | EieError): boolean =>
  typeof reason === 'string' && /^http_([123]\d\d|401|403)$/.test(reason);

/** How the audit log names an exception of application code. */
export function reasonOf(error: unknown): AuditReason | EieError {
  const status = httpStatusOf(error);
  return status === undefined ? (eieErrorIn(error) ?? 'error') : `http_${status}`;
}
