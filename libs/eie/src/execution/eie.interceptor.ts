import {
  type CallHandler,
  type ExecutionContext,
  HttpException,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { catchError, concat, defer, finalize, from, ignoreElements, mergeMap, type Observable, throwError } from 'rxjs';
import { type AuditDetail, AuditRecorder, eieErrorIn } from 'execution-identity/internal';
import { type AuditReason, EieError } from 'execution-identity';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { Refusals } from '../http/refusal-response.js';
import { type ExecutionRecord, recordIn } from '../record/execution-record.js';
import { endExecution } from './endings.js';

type Ending = Pick<AuditDetail, 'outcome' | 'reason'>;

/**
 * The second half of every execution. It writes the intent before the handler runs, and the outcome afterwards, exactly once, whatever
 * the ending. It does NOT see refusals, because guards run before it: the code that refuses also records. A public handler has no
 * identity and is passed through.
 */
@Injectable()
export class EieAuditInterceptor implements NestInterceptor {
  constructor(
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Inject(Refusals) private readonly refusals: Refusals,
    @Inject(HandlerRegistry) private readonly registry: Pick<HandlerRegistry, 'isUnmanaged'>,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const record = recordIn(context);
    return this.#handled(context, record, next).pipe(
      catchError((error: unknown) => {
        const failure = error instanceof HttpException ? undefined : eieErrorIn(error);
        if (!failure) throw error;
        record?.fail(failure);
        throw this.refusals.exceptionFor(failure, context);
      }),
    );
  }

  #handled(context: ExecutionContext, record: ExecutionRecord | undefined, next: CallHandler): Observable<unknown> {
    if (record?.envelope) return this.#recorded(record, next);
    const passes = context.getType() === 'http' || this.registry.isUnmanaged(context);
    return passes ? next.handle() : throwError(() => new EieError('unsupported_context'));
  }

  #recorded(record: ExecutionRecord, next: CallHandler): Observable<unknown> {
    const begun = this.#begin(record);
    const end = (ending: Ending): Promise<void> =>
      begun.then(
        () => this.#end(record, ending),
        // No intent, no outcome.
        () => undefined,
      );
    const run = from(begun).pipe(mergeMap(() => next.handle()));
    const ok = defer(() => end({ outcome: 'ok' })).pipe(ignoreElements());
    return concat(run, ok).pipe(
      catchError(async (error: unknown) => {
        await end({ outcome: 'failed', reason: reasonOf(error) });
        throw error;
      }),
      // The subscriber has unsubscribed: no other event reports it. After the other endings it has no effect.
      finalize(() => void end({ outcome: 'failed', reason: 'aborted' })),
    );
  }

  /** @throws EieError `decision_missing` for a second run, `identity_expired` when its request is over; `audit_unavailable` */
  async #begin(record: ExecutionRecord): Promise<void> {
    if (record.startedAt !== undefined || record.hasEnded) {
      const reason = record.hasEnded && record.startedAt === undefined ? 'identity_expired' : 'decision_missing';
      await this.audit.record({ ...aboutOf(record), type: 'authorization.refused', outcome: 'refused', reason });
      throw new EieError(reason);
    }
    record.start();
    const intent = { ...aboutOf(record), type: 'execution.intent', outcome: 'started', mode: record.mode } as const;
    await this.audit.record(intent).catch((error: unknown) => {
      endExecution(record);
      throw error;
    });
  }

  async #end(record: ExecutionRecord, ending: Ending): Promise<void> {
    if (record.hasEnded) return;
    endExecution(record);
    await this.audit.recordOutcome({
      ...aboutOf(record),
      ...ending,
      type: 'execution.outcome',
      mode: record.mode,
      calls: record.calls,
      durationMs: performance.now() - record.startedAt!,
    });
  }
}

function aboutOf({ envelope, execution }: ExecutionRecord): Pick<AuditDetail, 'subject' | 'handler'> {
  return { subject: envelope ?? null, handler: execution.handlerName };
}

function reasonOf(error: unknown): AuditReason {
  if (error instanceof HttpException) return `http_${error.getStatus()}`;
  return eieErrorIn(error)?.code ?? 'error';
}
