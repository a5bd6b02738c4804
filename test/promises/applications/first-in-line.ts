import { type CanActivate, type ExecutionContext, Injectable, type MiddlewareConsumer, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { type Application, type Stage } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { viewsOf } from '../parts.js';

let stage: Stage;
let anonymous: string[] = [];

/** Logs who calls, as a team would that wants every call on its own log too. */
@Injectable()
class AccessLogGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.getArgByIndex<object & { user?: { actor?: { sub: string } } }>(0);
    stage.see('by a guard of the root module', viewsOf(request));
    if (!request.user) anonymous.push(context.getHandler().name);
    return true;
  }
}

@Module({})
class TracingModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((request: object, _response: unknown, next: () => void) => {
        stage.see('by a middleware of Nest', viewsOf(request));
        next();
      })
      .forRoutes('*path');
  }
}

export const application: Application = {
  name: 'middleware, a guard of the root module and useGlobalGuards()',
  async start(given) {
    stage = given;
    anonymous = [];
    return startAccounts(stage, {
      imports: [TracingModule],
      providers: [{ provide: APP_GUARD, useClass: AccessLogGuard }],
      prepare(app) {
        app.use((request: object, _response: unknown, next: () => void) => {
          stage.see('by a middleware of the adapter', viewsOf(request));
          next();
        });
        app.useGlobalGuards(new AccessLogGuard());
      },
    });
  },
  legitimate: accountCalls,
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    {
      promise: 5,
      name: 'a guard of the application runs before the identity is known',
      run: () => Promise.resolve(anonymous.find(name => name === 'me' || name === 'balance' || name === 'whoami')),
    },
  ],
};
