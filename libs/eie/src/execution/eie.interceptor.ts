import { type CallHandler, type ExecutionContext, HttpException, type NestInterceptor } from '@nestjs/common';
import { catchError, concat, defer, EMPTY, finalize, from, mergeMap, type Observable } from 'rxjs';
import { type AuditDetail, type AuditRecorder, eieErrorIn } from 'execution-identity/internal';
import { type AuditReason } from 'execution-identity';
import { type Refusals } from '../http/refusal-response.js';
import { carriedEnvelope, carrierOf, endExecution, toolOf } from '../record/execution-record.js';
import { dropToken } from '../vault/drop-token.js';

/**
 * The second half of every execution: its intent is on the audit log before the handler runs, its outcome after. Refusals
 * are not seen here, since guards run first: whoever refuses, records. Handlers without an identity are passed through.
 */
export class EieAuditInterceptor implements NestInterceptor {
  constructor(
    private readonly audit: AuditRecorder,
    private readonly refusals: Refusals,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const envelope = carriedEnvelope(carrierOf(context));
    if (!envelope) return next.handle().pipe(catchError((error: unknown) => this.#rethrow(context, error)));
    const startedAt = performance.now();
    const subject = { subject: envelope, tool: toolOf(envelope) };
    await this.audit
      .record({ ...subject, type: 'execution.intent', outcome: 'started' })
      .catch((error: unknown) => this.#rethrow(context, error));
    let ended = false;
    const end = async (ending: Pick<AuditDetail, 'outcome' | 'reason'>): Promise<void> => {
      ended = true;
      endExecution(envelope);
      dropToken(envelope);
      await this.audit.recordOutcome({
        ...subject,
        ...ending,
        type: 'execution.outcome',
        durationMs: performance.now() - startedAt,
      });
    };
    const outcome = defer(() => from(end({ outcome: 'ok' })).pipe(mergeMap(() => EMPTY)));
    return concat(next.handle(), outcome).pipe(
      catchError((error: unknown) =>
        from(end({ outcome: 'failed', reason: reasonOf(error) })).pipe(mergeMap(() => this.#rethrow(context, error))),
      ),
      // Whoever listened to a stream has gone away: nothing else tells.
      finalize(() => void (ended || end({ outcome: 'failed', reason: 'aborted' }))),
    );
  }

  #rethrow(context: ExecutionContext, error: unknown): never {
    const refusal = error instanceof HttpException ? undefined : eieErrorIn(error);
    throw refusal ? this.refusals.exceptionFor(refusal, context) : error;
  }
}

function reasonOf(error: unknown): AuditReason {
  if (error instanceof HttpException) return `http_${error.getStatus()}`;
  return eieErrorIn(error)?.code ?? 'error';
}
