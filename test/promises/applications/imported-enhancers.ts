import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExecutionContext,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, BaseExceptionFilter } from '@nestjs/core';
import { AccountsController, createAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { viewsOf } from '../parts.js';

let stage: Stage;
let early: string[] = [];

@Injectable()
class TraceGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const [request] = context.getArgs<[object & { user?: object }]>();
    stage.see('by a guard of an earlier import', viewsOf(request));
    if (context.getClass() === AccountsController && !request.user) early.push('a guard');
    return true;
  }
}

@Injectable()
class TraceInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    stage.see('by an interceptor of an earlier import', viewsOf(context.getArgByIndex<object>(0)));
    if (context.getClass() === AccountsController && stage.auditLog.broken) early.push('an interceptor');
    return next.handle();
  }
}

@Injectable()
class TracePipe implements PipeTransform {
  transform(value: unknown) {
    stage.see('by a pipe of an earlier import', value);
    return value;
  }
}

@Catch()
class TraceFilter extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost) {
    stage.see('by a filter of an earlier import', viewsOf(host.getArgByIndex<object>(0)));
    stage.see('by a filter, in the error', error);
    if (host.getType() !== 'http') throw error;
    super.catch(error, host);
  }
}

/** The house's own observability module, which every service imports first. */
@Module({
  providers: [
    { provide: APP_GUARD, useClass: TraceGuard },
    { provide: APP_INTERCEPTOR, useClass: TraceInterceptor },
    { provide: APP_PIPE, useClass: TracePipe },
    { provide: APP_FILTER, useClass: TraceFilter },
  ],
})
class ObservabilityModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((request: object, _response: unknown, next: () => void) => {
        stage.see('by a middleware of an earlier import', viewsOf(request));
        next();
      })
      .forRoutes('*path');
  }
}

export const application: Application = {
  name: 'enhancers and middleware of a module that is imported before this one, by NestFactory',
  async start(given) {
    stage = given;
    early = [];
    return createAccounts(stage, { earlier: [ObservabilityModule] });
  },
  legitimate: accountCalls,
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    {
      promise: 5,
      name: 'code of the earlier import runs before the identity is known, or while the audit log is down',
      run: () => Promise.resolve(early[0]),
    },
  ],
};
