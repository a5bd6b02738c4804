import { type CanActivate, type ExecutionContext } from '@nestjs/common';
import { type AuditSubject, type AuditRecorder } from 'execution-identity/internal';
import { type Authorizer } from '../authorization/authorizer.js';
import { type Handler, handlerPolicy } from '../authorization/policy-metadata.js';
import { EieError, type HandlerPolicy } from 'execution-identity';
import { declaredTargets } from '../delegation/targets/declared-targets.js';
import { type Target } from '../delegation/targets/target.js';
import { type TargetRegistry } from '../delegation/targets/target-registry.js';
import { headerValues, type HttpRequest, nodeRequest } from '../http/http-request.js';
import { stripCredentials } from '../edge/strip-credentials.js';
import { type Refusals } from '../http/refusal-response.js';
import { type Execution, recordIn } from '../record/execution-record.js';
import { traceIdFrom } from '../record/trace-id.js';
import { type ServerProfile } from '../configuration/server-profile.js';

export interface HandlerGuardParts {
  readonly profile: ServerProfile;
  readonly authorizer: Authorizer;
  readonly targets: TargetRegistry;
  readonly audit: AuditRecorder;
  readonly refusals: Refusals;
}

/**
 * What the guard of a boundary and the guard of a receiver share: public routes, the record of a refused admission, and
 * the answer to a refusal. How a request is admitted, and what then becomes of it, is theirs.
 */
export abstract class HandlerGuard<Admitted> implements CanActivate {
  constructor(protected readonly base: HandlerGuardParts) {}

  /** Verifies the credentials of the request and removes them from it, whatever the result. */
  protected abstract admit(context: ExecutionContext): Promise<Admitted>;

  /** An admitted HTTP request meets its handler. */
  protected abstract enter(
    context: ExecutionContext,
    admitted: Admitted,
    policy: HandlerPolicy,
    execution: Execution,
  ): Promise<void>;

  /** Anything but an HTTP handler. */
  protected async enterOther(context: ExecutionContext): Promise<void> {
    await this.base.authorizer.refuse(new EieError('unsupported_context'), null, executionFor(context));
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    try {
      await (context.getType() === 'http' ? this.#enterHttp(context) : this.enterOther(context));
      return true;
    } catch (error) {
      if (!(error instanceof EieError)) throw error;
      recordIn(context)?.fail(error);
      throw this.base.refusals.exceptionFor(error, context);
    }
  }

  async #enterHttp(context: ExecutionContext): Promise<void> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const execution = executionFor(context, headerValues(nodeRequest(request), 'traceparent')[0]);
    const policy = handlerPolicy(execution.handler, execution.type);
    if (policy.kind === 'public' || (policy.kind === 'none' && this.#isPublicRoute(request)))
      return stripCredentials(context);
    const admitted = await this.admit(context).catch((error: unknown) =>
      this.refuseAdmission(error, null, policy, execution),
    );
    await this.enter(context, admitted, policy, execution);
  }

  /** @param subject who was refused, when that is known: an unverified claim is never written as identity */
  protected async refuseAdmission(
    error: unknown,
    subject: AuditSubject,
    policy: HandlerPolicy,
    { handlerName, traceId }: Execution,
  ): Promise<never> {
    if (error instanceof EieError) {
      await this.base.audit.record({
        type: 'admission.refused',
        outcome: 'refused',
        subject,
        traceId,
        reason: error.code,
        // Which handler a message to a dispatching route is for, nobody knows yet.
        handler: policy.kind === 'dispatcher' ? undefined : handlerName,
      });
    }
    throw error;
  }

  /** The targets that a handler declares, as they are configured. */
  protected targetsOf({ handler, type }: Execution): Target[] {
    return declaredTargets(handler, type).flatMap(name => this.base.targets.get(name) ?? []);
  }

  #isPublicRoute(request: HttpRequest): boolean {
    const path = (request.originalUrl ?? request.url ?? '').split('?', 1)[0];
    return this.base.profile.publicRoutes.some(route => route.path === path);
  }
}

/** The execution that a context stands for. */
export function executionFor(context: ExecutionContext, traceparent?: string): Execution {
  const [handler, type] = [context.getHandler() as Handler, context.getClass()];
  return { handler, type, handlerName: `${type.name}.${handler.name}`, traceId: traceIdFrom(traceparent) };
}
