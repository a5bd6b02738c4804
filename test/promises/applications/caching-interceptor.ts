import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { type Observable, of, tap } from 'rxjs';
import { type Application, type Stage } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { bearer, viewsOf } from '../parts.js';

let stage: Stage;
let ranWhileBroken: string | undefined;

/** A cache that forgets who asked: the fault of the application, which the audit log must show. */
@Injectable()
class CacheInterceptor implements NestInterceptor {
  readonly #answers = new Map<string, unknown>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const key = `${context.getClass().name}.${context.getHandler().name}`;
    stage.see('by an interceptor of the root module', viewsOf(context.getArgByIndex<object>(0)));
    // The MCP route itself only dispatches: what it runs are its tools.
    if (stage.auditLog.broken && !key.startsWith('McpController')) ranWhileBroken = key;
    if (key.endsWith('.balance') && this.#answers.has(key)) return of(this.#answers.get(key));
    return next.handle().pipe(tap(answer => void this.#answers.set(key, answer)));
  }
}

export const application: Application = {
  name: 'an interceptor of the root module that answers from a cache',
  async start(given) {
    stage = given;
    ranWhileBroken = undefined;
    return startAccounts(stage, { providers: [{ provide: APP_INTERCEPTOR, useClass: CacheInterceptor }] });
  },
  legitimate: accountCalls,
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    {
      promise: 5,
      name: 'an answer from the cache leaves no record of who got it',
      async run() {
        await running.send('/accounts/balance', bearer(given.world.userToken({ scope: 'billing:read' })));
        const before = given.auditLog.events.length;
        const bob = given.world.userToken({ sub: 'bob', scope: 'billing:read' });
        await running.send('/accounts/balance', bearer(bob));
        const types = given.auditLog.events
          .slice(before)
          .map(({ type, outcome, actor_sub }) => `${type} ${outcome} ${actor_sub}`);
        return types.join() === 'execution.intent started bob,execution.outcome ok bob' ? undefined : types.join();
      },
    },
    {
      promise: 5,
      name: 'an interceptor of the application runs while the audit log is down',
      run: () => Promise.resolve(ranWhileBroken),
    },
  ],
};
