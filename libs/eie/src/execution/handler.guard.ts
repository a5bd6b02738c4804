import { type IncomingMessage } from 'node:http';
import { types } from 'node:util';
import { type ExecutionContext } from '@nestjs/common';
import {
  type AdmittedIdentity,
  type AuditReason,
  EieError,
  type ExecutionIdentityEnvelope,
  type HandlerPolicy,
  Shares,
} from 'execution-identity';
import { type AuditRecorder, type AuditSubject, shareHolder } from 'execution-identity/internal';
import { type Authorizer } from '../authorization/authorizer.js';
import { type HandlerRegistry } from '../authorization/handler-registry.js';
import { type Target } from '../delegation/targets/target.js';
import { type TargetRegistry } from '../delegation/targets/target-registry.js';
import { assertPassedEdge, dropCredentials } from '../edge/drop-credentials.js';
import { type HttpRequest, nodeRequest } from '../http/http-request.js';
import { schemeOf } from './scheme-of.js';
import { type Refusals } from '../http/refusal-response.js';
import { type ExecutionLog } from './execution-log.js';
import { type HandlerEntry } from '../record/handler-entry.js';
import { type Execution } from '../record/execution.js';
import { type ExecutionRecord, recordIn } from '../record/execution-record.js';
import { type TraceFields } from '../telemetry/carried.js';
import { traceFrom, traceIdFrom } from '../telemetry/trace.js';

export interface HandlerGuardParts {
  readonly registry: HandlerRegistry;
  readonly authorizer: Authorizer;
  readonly targets: TargetRegistry;
  readonly audit: AuditRecorder;
  readonly refusals: Refusals;
  readonly log: ExecutionLog;
  /** Seconds for which a handler may run when nobody waits for its answer any more. */
  readonly callDeadline: number;
}

/** The steps that differ between the guard of a boundary and the guard of a receiver. */
export interface GuardSteps<Admitted> {
  /** Verifies the credentials that the edge took off the request, and drops them, whatever the result. */
  readonly admit: (context: ExecutionContext) => Admitted | Promise<Admitted>;
  /** An admitted HTTP request meets its handler. */
  readonly enter: (
    context: ExecutionContext,
    admitted: Admitted,
    policy: HandlerPolicy,
    execution: Execution,
  ) => Promise<void>;
  /** Anything but an HTTP handler. Default: it is refused. */
  readonly enterOther?: (context: ExecutionContext) => Promise<void>;
}

/**
 * What the guard of a boundary and the guard of a receiver share: which handler it is, handlers without an identity, the record of a
 * refused admission, and the answer to a refusal.
 *
 * Each has it in a private field and does not extend it: any code can inject a guard, and could then call inherited steps to make an
 * identity that no token has proven.
 */
export class HandlerGuard<Admitted> {
  readonly #running = new Shares();

  constructor(
    private readonly parts: HandlerGuardParts,
    private readonly steps: GuardSteps<Admitted>,
  ) {}

  canActivate(context: ExecutionContext): Promise<boolean> {
    const entered = context.getType() === 'http' ? this.#enterHttp(context) : this.#enterOther(context);
    return entered.then(isLetIn, (error: unknown) => this.#answer(error, context));
  }

  /** @param subject who was refused, when that is known: an unverified claim is never written as identity */
  async refuseAdmission(
    error: unknown,
    subject: AuditSubject,
    policy: HandlerPolicy,
    { handlerName, traceId }: Execution,
  ): Promise<never> {
    if (error instanceof EieError) {
      await this.parts.audit.record({
        type: 'admission.refused',
        outcome: 'refused',
        subject,
        traceId,
        reason: error,
        // At a route that dispatches, the handler of the message is not known yet.
        handler: policy.kind === 'dispatcher' ? undefined : handlerName,
      });
    }
    throw error;
  }

  /** @throws EieError `unsupported_context`, recorded */
  refuseKind(context: ExecutionContext): Promise<never> {
    return this.refuse(new EieError('unsupported_context'), context);
  }

  /** Records the refusal of a call that has no decision, and throws it. */
  refuse(refusal: EieError, context: ExecutionContext, headers: TraceFields = {}): Promise<never> {
    const handlerName = `${context.getClass().name}.${context.getHandler().name}`;
    const subject = recordIn(context)?.request?.admitted ?? null;
    return this.parts.authorizer.refuse(refusal, subject, { handlerName, traceId: traceIdFrom(headers) });
  }

  /**
   * Counts an execution among those that its principal has running, before anything of it is on the audit log.
   *
   * @throws EieError `limit_reached`, and `approval_required` where the handler needs an approval and the call has none; recorded
   */
  reserve(record: ExecutionRecord, identity: AdmittedIdentity | ExecutionIdentityEnvelope): Promise<void> | undefined {
    if (record.execution.entry.approval && !record.approval)
      return this.parts.authorizer.refuse(new EieError('approval_required'), identity, record.execution);
    const release = this.#running.lease(shareHolder(identity));
    if (!release) return this.parts.authorizer.refuse(new EieError('limit_reached'), identity, record.execution);
    record.hold(release);
    return undefined;
  }

  /** Nobody waits for its answer: ends at once what a later guard has stopped, and in time a handler that never settles. */
  async endUnawaited(record: ExecutionRecord, reason: AuditReason): Promise<void> {
    await this.parts.log.endStopped(record, reason);
    if (record.hasEnded) return;
    const end = (): void => {
      record.stops.end(new EieError('call_overdue'));
      void this.parts.log.end(record, { outcome: 'failed', reason: 'aborted' });
    };
    record.limit(setTimeout(end, this.parts.callDeadline * 1000).unref());
  }

  /** The targets that a handler declares, as they are configured. */
  targetsOf({ entry }: Execution): readonly Target[] {
    return entry.targets.flatMap(name => this.parts.targets.get(name) ?? []);
  }

  #answer(error: unknown, context: ExecutionContext): never {
    if (!(error instanceof EieError)) throw error;
    recordIn(context)?.fail(error);
    throw this.parts.refusals.exceptionFor(error, context, schemeOf(context));
  }

  async #enterOther(context: ExecutionContext): Promise<void> {
    if (this.parts.registry.isUnmanaged(context)) return;
    await (this.steps.enterOther?.(context) ?? this.refuseKind(context));
  }

  #enterHttp(context: ExecutionContext): Promise<void> {
    const request = nodeRequest(context.switchToHttp().getRequest<HttpRequest>());
    const entry = this.#find(context);
    if (!entry) return this.#refuseUnknown(context, request.headers);
    const trace = traceFrom(request.headers);
    const execution = { entry, handlerName: entry.name, traceId: trace.traceId, trace };
    const { policy } = entry;
    const refuse = (error: unknown): Promise<never> => this.refuseAdmission(error, null, policy, execution);
    if (policy.kind === 'public' || policy.kind === 'unmanaged')
      return this.#enterWithoutIdentity(context, request, policy.kind).catch(refuse);
    let admitted: Admitted | Promise<Admitted>;
    try {
      admitted = this.steps.admit(context);
    } catch (error) {
      return refuse(error);
    }
    return types.isPromise(admitted)
      ? admitted.then(one => this.steps.enter(context, one, policy, execution), refuse)
      : this.steps.enter(context, admitted, policy, execution);
  }

  async #enterWithoutIdentity(
    context: ExecutionContext,
    request: IncomingMessage,
    kind: 'public' | 'unmanaged',
  ): Promise<void> {
    assertPassedEdge(request);
    if (kind === 'public') return dropCredentials(request);
    this.parts.registry.assertGuarded(context);
  }

  #find(context: ExecutionContext): HandlerEntry | undefined {
    try {
      return this.parts.registry.find(context);
    } catch (error) {
      if (error instanceof EieError) return undefined;
      throw error;
    }
  }

  #refuseUnknown(context: ExecutionContext, headers: TraceFields): Promise<never> {
    return this.refuse(new EieError('handler_unregistered'), context, headers);
  }
}

const isLetIn = (): boolean => true;
