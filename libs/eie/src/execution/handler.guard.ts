import { type ExecutionContext } from '@nestjs/common';
import { EieError, type HandlerPolicy } from 'execution-identity';
import { type AuditRecorder, type AuditSubject } from 'execution-identity/internal';
import { type Authorizer } from '../authorization/authorizer.js';
import { type Handler } from '../authorization/handler-metadata.js';
import { handlerPolicy } from '../authorization/policy-metadata.js';
import { type ServerProfile } from '../configuration/server-profile.js';
import { declaredTargets } from '../delegation/targets/declared-targets.js';
import { type Target } from '../delegation/targets/target.js';
import { type TargetRegistry } from '../delegation/targets/target-registry.js';
import { stripCredentials } from '../edge/strip-credentials.js';
import { headerValues, type HttpRequest, nodeRequest } from '../http/http-request.js';
import { type Refusals } from '../http/refusal-response.js';
import { type Execution, recordIn } from '../record/execution-record.js';
import { traceIdFrom } from '../record/trace-id.js';

export interface HandlerGuardParts {
  readonly profile: ServerProfile;
  readonly authorizer: Authorizer;
  readonly targets: TargetRegistry;
  readonly audit: AuditRecorder;
  readonly refusals: Refusals;
}

/** The steps that differ between the guard of a boundary and the guard of a receiver. */
export interface GuardSteps<Admitted> {
  /** Verifies the credentials of the request and removes them from it, whatever the result. */
  readonly admit: (context: ExecutionContext) => Promise<Admitted>;
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
 * What the guard of a boundary and the guard of a receiver share: public routes, the record of a refused admission, and the answer to a
 * refusal.
 *
 * Each has it in a private field and does not extend it: any code can inject a guard, and could then call inherited steps to make an
 * identity that no token has proven.
 */
export class HandlerGuard<Admitted> {
  constructor(
    private readonly parts: HandlerGuardParts,
    private readonly steps: GuardSteps<Admitted>,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    try {
      await (context.getType() === 'http' ? this.#enterHttp(context) : this.#enterOther(context));
      return true;
    } catch (error) {
      if (!(error instanceof EieError)) throw error;
      recordIn(context)?.fail(error);
      throw this.parts.refusals.exceptionFor(error, context);
    }
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
        reason: error.code,
        // At a route that dispatches, the handler of the message is not known yet.
        handler: policy.kind === 'dispatcher' ? undefined : handlerName,
      });
    }
    throw error;
  }

  /** @throws EieError `unsupported_context`, recorded */
  refuseKind(context: ExecutionContext): Promise<never> {
    return this.parts.authorizer.refuse(new EieError('unsupported_context'), null, executionFor(context));
  }

  /** The targets that a handler declares, as they are configured. */
  targetsOf({ handler, type }: Execution): Target[] {
    return declaredTargets(handler, type).flatMap(name => this.parts.targets.get(name) ?? []);
  }

  #enterOther(context: ExecutionContext): Promise<void> {
    return this.steps.enterOther?.(context) ?? this.refuseKind(context);
  }

  async #enterHttp(context: ExecutionContext): Promise<void> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const execution = executionFor(context, headerValues(nodeRequest(request), 'traceparent')[0]);
    const policy = handlerPolicy(execution.handler, execution.type);
    if (policy.kind === 'public' || (policy.kind === 'none' && this.#isPublicRoute(request)))
      return stripCredentials(context);
    const admitted = await this.steps
      .admit(context)
      .catch((error: unknown) => this.refuseAdmission(error, null, policy, execution));
    await this.steps.enter(context, admitted, policy, execution);
  }

  #isPublicRoute(request: HttpRequest): boolean {
    const path = (request.originalUrl ?? request.url ?? '').split('?', 1)[0];
    return this.parts.profile.publicRoutes.some(route => route.path === path);
  }
}

/** The execution that a context stands for. */
export function executionFor(context: ExecutionContext, traceparent?: string): Execution {
  const [handler, type] = [context.getHandler() as Handler, context.getClass()];
  return { handler, type, handlerName: `${type.name}.${handler.name}`, traceId: traceIdFrom(traceparent) };
}
