import { Controller, Get, Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Authenticated, RequireScopes } from 'nestjs-eie';
import { type Application, type Stage } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused, viewsOf } from '../parts.js';

let stage: Stage;

/** Made before guards run, for every caller. */
@Injectable({ scope: Scope.REQUEST })
class TenantConnection {
  readonly request: string;

  constructor(@Inject(REQUEST) request: object) {
    this.request = viewsOf(request);
    stage.see('by a request-scoped provider', this.request);
  }
}

@Controller({ path: 'reports', scope: Scope.REQUEST })
@Authenticated()
class ReportsController {
  constructor(private readonly connection: TenantConnection) {
    // Many teams bind handlers that they hand on.
    this.secret = this.secret.bind(this);
    // A strategy that is chosen for each request.
    this.purge = this.purgeAll;
  }

  @Get('mine')
  @Authenticated()
  mine() {
    return this.connection.request;
  }

  @Get('purge')
  @RequireScopes('ledger:write')
  purge() {
    return 'purged';
  }

  purgeAll() {
    return 'purged';
  }

  @Get('secret')
  @RequireScopes('ledger:read')
  secret() {
    return 'secret';
  }
}

export const application: Application = {
  name: 'request-scoped providers that inject the request, and a controller that binds its methods',
  async start(given) {
    stage = given;
    return startAccounts(stage, { controllers: [ReportsController], providers: [TenantConnection] });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers(
      'a user with the scope reads the secret',
      () => running.send('/reports/secret', bearer(given.world.userToken({ scope: 'ledger:read' }))),
      'secret',
    ),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    refused(3, 'a user without the scope purges, by a method that was put in the place of the decorated one', () =>
      running.send('/reports/purge', bearer(given.world.userToken())),
    ),
    refused(3, 'a user without the scope reads the secret', () =>
      running.send('/reports/secret', bearer(given.world.userToken())),
    ),
    {
      promise: 1,
      name: 'a handler returns the token of its caller',
      async run() {
        const token = given.world.userToken();
        const { text } = await running.send('/reports/mine', bearer(token));
        return text.includes(token) ? text.slice(0, 100) : undefined;
      },
    },
  ],
};
