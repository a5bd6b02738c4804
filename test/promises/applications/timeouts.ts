import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  type NestInterceptor,
  RequestTimeoutException,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { catchError, retry, throwError, timeout, TimeoutError } from 'rxjs';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, recordsSince } from '../parts.js';

/** Milliseconds that the slow handler may take. Others may take as long as a busy machine needs. */
const LIMIT = 200;
const PATIENCE = 20_000;
let late: Promise<string> = Promise.resolve('nothing happened');
let attempts = 0;

/** As the documentation of Nest has it, and with a second attempt. */
@Injectable()
class TimeoutInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const limit = context.getHandler() === SlowController.prototype.slow ? LIMIT : PATIENCE;
    return next.handle().pipe(
      ...([timeout(limit)] as const),
      retry({ count: 1, delay: (error: unknown) => (error instanceof TimeoutError ? throwError(() => error) : [0]) }),
      catchError((error: unknown) =>
        throwError(() => (error instanceof TimeoutError ? new RequestTimeoutException() : error)),
      ),
    );
  }
}

@Controller('slow')
class SlowController {
  /** Goes on when nobody waits any more. */
  @Get()
  @RequireScopes('orders:read')
  async slow(@Delegated('orders_api') orders: DelegatedFetch) {
    late = sleep(LIMIT + 100).then(async () => (await orders('/orders')).text());
    return late;
  }

  @Get('flaky')
  @RequireScopes('orders:read')
  async flaky(@Delegated('orders_api') orders: DelegatedFetch) {
    const answer = JSON.stringify(await orders.json('/orders'));
    if (++attempts === 1) throw new Error('the first time it fails');
    return answer;
  }
}

export const application: Application = {
  name: 'an interceptor with a time limit and a second attempt',
  async start(stage) {
    attempts = 0;
    return startAccounts(stage, {
      controllers: [SlowController],
      providers: [{ provide: APP_INTERCEPTOR, useClass: TimeoutInterceptor }],
    });
  },
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    answers('a handler that fails once', () => running.send('/slow/flaky', bearer(stage.world.userToken())), '17'),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    {
      promise: 4,
      name: 'a handler calls an API for the user after its call has ended',
      async run() {
        const before = stage.api.requests.length;
        const { status } = await running.send('/slow', bearer(stage.world.userToken()));
        await late.catch(() => undefined);
        const sent = stage.api.requests.length - before;
        return status === 408 && !sent ? undefined : `${status}, ${sent} sent`;
      },
    },
    {
      promise: 5,
      name: 'a call that ran out of time has no outcome, or two',
      async run() {
        const before = stage.auditLog.events.length;
        await running.send('/slow', bearer(stage.world.userToken()));
        await late.catch(() => undefined);
        const records = await recordsSince(stage.auditLog, before, 3);
        const types = records.map(({ type, outcome, reason }) => `${type} ${outcome} ${reason}`);
        const wanted = ['execution.intent started null', 'execution.outcome failed http_408'];
        const rest = types.slice(2).filter(type => !type.startsWith('delegation.refused'));
        return types.slice(0, 2).join() === wanted.join() && !rest.length ? undefined : types.join();
      },
    },
  ],
};
