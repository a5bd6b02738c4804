import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Scope,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, BaseExceptionFilter, REQUEST } from '@nestjs/core';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { bearer, recordsSince, refused, viewsOf } from '../parts.js';

let stage: Stage;
let ranWhileBroken: string[] = [];

/** Made for each request, before any guard has run. */
abstract class Made {
  constructor(@Inject(REQUEST) protected readonly request: object) {
    stage.see(`by ${this.constructor.name}, made for a request`, viewsOf(request));
  }

  protected ran(what: string): void {
    stage.see(`by ${this.constructor.name}`, viewsOf(this.request));
    if (stage.auditLog.broken) ranWhileBroken.push(what);
  }
}

@Injectable({ scope: Scope.REQUEST })
class BlockListGuard extends Made implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user } = context.switchToHttp().getRequest<{ user?: { actor: { sub: string } } }>();
    if (user) this.ran('a guard');
    if (user?.actor.sub === 'bob') throw new ForbiddenException('blocked');
    return true;
  }
}

@Injectable({ scope: Scope.REQUEST })
class TimingInterceptor extends Made implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    if (context.getClass().name !== 'McpController') this.ran('an interceptor');
    return next.handle();
  }
}

@Injectable({ scope: Scope.REQUEST })
class TrimPipe extends Made implements PipeTransform {
  transform(value: unknown) {
    return typeof value === 'string' ? value.trim() : value;
  }
}

@Catch()
@Injectable({ scope: Scope.REQUEST })
class ReportingFilter extends BaseExceptionFilter {
  constructor(@Inject(REQUEST) private readonly request: object) {
    super();
  }

  override catch(error: unknown, host: ArgumentsHost) {
    stage.see('by a filter that is made for a request', viewsOf(this.request));
    if (host.getType() === 'http') super.catch(error, host);
    else throw error;
  }
}

export const application: Application = {
  name: 'a global guard, interceptor, pipe and filter that are made for each request',
  async start(given) {
    stage = given;
    ranWhileBroken = [];
    return startAccounts(stage, {
      providers: [
        { provide: APP_GUARD, useClass: BlockListGuard },
        { provide: APP_INTERCEPTOR, useClass: TimingInterceptor },
        { provide: APP_PIPE, useClass: TrimPipe },
        { provide: APP_FILTER, useClass: ReportingFilter },
      ],
    });
  },
  legitimate: accountCalls,
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    refused(3, 'a user on the block list reads who they are', () =>
      running.send('/accounts/me', bearer(given.world.userToken({ sub: 'bob' }))),
    ),
    {
      promise: 5,
      name: 'what the block list stops leaves no record',
      async run() {
        const before = given.auditLog.events.length;
        await running.send('/accounts/me', bearer(given.world.userToken({ sub: 'bob' })));
        const records = (await recordsSince(given.auditLog, before, 2)).map(
          ({ type, actor_sub }) => `${type} ${actor_sub}`,
        );
        return records.join() === 'execution.intent bob,execution.outcome bob' ? undefined : records.join();
      },
    },
    {
      promise: 5,
      name: 'something of the application runs while the audit log is down',
      run: () => Promise.resolve(ranWhileBroken[0]),
    },
  ],
};
