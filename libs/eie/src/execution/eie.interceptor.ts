import {
  type CallHandler,
  type ExecutionContext,
  HttpException,
  Inject,
  Injectable,
  type NestInterceptor,
  Optional,
} from '@nestjs/common';
import { SSE_METADATA } from '@nestjs/common/constants.js';
import { catchError, defer, Observable, throwError } from 'rxjs';
import { AuditRecorder, eieErrorIn, isInstance } from 'execution-identity/internal';
import { EieError } from 'execution-identity';
import { ServerProfile } from '../configuration/server-profile.js';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { Refusals } from '../http/refusal-response.js';
import { type ExecutionRecord, recordIn } from '../record/execution-record.js';
import { RECORD_HEADER, recordHeader } from '../record/record-number.js';
import { schemeOf } from './scheme-of.js';
import { type Ending, ExecutionLog, reasonOf } from './execution-log.js';
import { HandlerRun, type RunSteps } from './handler-run.js';

const OK: Ending = { outcome: 'ok' };

interface Running {
  readonly record: ExecutionRecord;
  readonly context: ExecutionContext;
}

/**
 * The second half of every execution. It writes the outcome, exactly once, whatever the ending; the guard has written the intent. It does NOT see refusals, because guards run before it: the code that refuses also records. A public handler has no
 * identity and is passed through: what it throws of this library is on the log of the application alone.
 */
@Injectable()
export class EieAuditInterceptor implements NestInterceptor {
  readonly #steps: RunSteps<Running> = {
    resultOf: (running, output) => this.#resultOf(running, output),
    isValueless: ({ context }) => Reflect.hasMetadata(SSE_METADATA, Object(context.getHandler()) as object),
    succeed: running => this.#succeed(running),
    fail: (running, error) => this.#fail(running, error),
    abort: ({ record }) => void this.log.end(record, { outcome: 'failed', reason: 'aborted' }),
  };

  constructor(
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Inject(ExecutionLog) private readonly log: ExecutionLog,
    @Inject(Refusals) private readonly refusals: Refusals,
    @Inject(HandlerRegistry) private readonly registry: Pick<HandlerRegistry, 'isUnmanaged'>,
    @Optional() @Inject(ServerProfile) private readonly profile?: Pick<ServerProfile, 'namesRecords'>,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const record = recordIn(context);
    if (record?.envelope) return this.#recorded(record, context, next);
    const passes = context.getType() === 'http' || this.registry.isUnmanaged(context);
    const handled = passes ? next.handle() : throwError(() => new EieError('unsupported_context'));
    return this.#answering(handled, context, record);
  }

  #recorded(record: ExecutionRecord, context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (record.hasEntered || record.hasEnded)
      return this.#answering(
        defer(() => this.#refuse(record)),
        context,
        record,
      );
    record.enter();
    return new Observable(subscriber => {
      const run = new HandlerRun(subscriber, this.#steps, { record, context });
      try {
        run.start(handled(record, next));
      } catch (error) {
        run.error(error);
      }
      return run;
    });
  }

  #answering(
    handled: Observable<unknown>,
    context: ExecutionContext,
    record: ExecutionRecord | undefined,
  ): Observable<unknown> {
    return handled.pipe(catchError((error: unknown) => throwError(() => this.#answerTo(error, context, record))));
  }

  async #fail({ record, context }: Running, error: unknown): Promise<unknown> {
    record.noteThrown(error);
    await this.log.end(record, { outcome: 'failed', reason: reasonOf(error) });
    return this.#answerTo(error, context, record);
  }

  /** A refusal of this library as the answer that it is on the wire; any other error as it is. */
  #answerTo(error: unknown, context: ExecutionContext, record: ExecutionRecord | undefined): unknown {
    const failure = isInstance(error, HttpException) ? undefined : eieErrorIn(error);
    if (!failure) return error;
    if (record) record.fail(failure);
    else if (context.getType() === 'http')
      this.audit.tellUnrecorded(failure, `${context.getClass().name}.${context.getHandler().name}`);
    return this.refusals.exceptionFor(failure, context, schemeOf(context));
  }

  #succeed({ record, context }: Running): Promise<void> {
    const ended = this.log.end(record, OK);
    if (!this.profile?.namesRecords || context.getType() !== 'http') return ended;
    return ended.then(() => setHeader(context, recordHeader(record)));
  }

  /** @throws EieError `identity_revoked` when the identity was revoked meanwhile: then nobody gets the answer */
  #resultOf({ record }: Running, output: unknown): unknown {
    const ended = record.request?.ended;
    if (ended?.code === 'identity_revoked') throw ended;
    return record.resultOf(output);
  }

  /**
   * One that has ended before its handler has begun has its intent and its outcome on the audit log, which is all that there is to record.
   *
   * @throws EieError `decision_missing` for a second run, `caller_left` or why its identity has ended when its request is over; `audit_unavailable`
   */
  async #refuse(record: ExecutionRecord): Promise<never> {
    const isOver = !record.hasEntered;
    const reason = isOver ? (record.request?.ended ?? new EieError('caller_left')) : new EieError('decision_missing');
    if (isOver && record.begun) throw reason;
    await this.audit.record({
      type: 'authorization.refused',
      outcome: 'refused',
      subject: record.envelope ?? null,
      handler: record.execution.handlerName,
      argsDigest: record.argsDigest,
      reason,
    });
    throw reason;
  }
}

/** With its span as the active one, so that what the handler does stands below it. */
const handled = (record: ExecutionRecord, next: CallHandler): Observable<unknown> =>
  record.span ? record.span.within(() => next.handle()) : next.handle();

/** Of Express and Fastify alike. An answer that the handler has begun by itself has no header more. */
function setHeader(context: ExecutionContext, value: string | undefined): void {
  if (!value) return;
  const response = context
    .switchToHttp()
    .getResponse<{ header(name: string, value: string): unknown; headersSent?: boolean; sent?: boolean }>();
  if (!response.headersSent && !response.sent) response.header(RECORD_HEADER, value);
}
