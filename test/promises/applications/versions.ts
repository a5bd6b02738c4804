import { Controller, Get, Scope, Version, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import { Authenticated, RequireScopes } from 'nestjs-eie';
import { type Application } from '../application.js';
import { startAccounts } from '../accounts.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, refused } from '../parts.js';

@Controller('prices')
class PricesController {
  @Get()
  @Version('1')
  @Authenticated()
  first() {
    return 'first';
  }

  @Get()
  @Version('2')
  @RequireScopes('ledger:read')
  second() {
    return 'second';
  }
}

/** Made for each request, and bound: only the route could tell which version it is, and both have the same. */
@Controller({ path: 'offers', scope: Scope.REQUEST })
class OffersController {
  constructor() {
    this.second = this.second.bind(this);
  }

  @Get()
  @Version('1')
  @Authenticated()
  first() {
    return 'first';
  }

  @Get()
  @Version('2')
  @RequireScopes('ledger:read')
  second() {
    return 'second';
  }
}

const versioned = (token: string, version: string): RequestInit => ({
  headers: { authorization: `Bearer ${token}`, 'x-version': version },
});

export const application: Application = {
  name: 'two versions of one path, by a header, with different rights',
  start: stage =>
    startAccounts(stage, {
      controllers: [PricesController, OffersController],
      prepare: app =>
        void app.enableVersioning({
          type: VersioningType.HEADER,
          header: 'x-version',
          defaultVersion: VERSION_NEUTRAL,
        }),
    }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    answers(
      'a user reads version 1 of offers',
      () => running.send('/offers', versioned(stage.world.userToken(), '1')),
      'first',
    ),
    answers('a user reads version 1', () => running.send('/prices', versioned(stage.world.userToken(), '1')), 'first'),
    answers(
      'a user with the scope reads version 2',
      () => running.send('/prices', versioned(stage.world.userToken({ scope: 'ledger:read' }), '2')),
      'second',
    ),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    refused(3, 'a user without the scope reads version 2', () =>
      running.send('/prices', versioned(stage.world.userToken(), '2')),
    ),
    refused(3, 'a user without the scope reads version 2 of offers', () =>
      running.send('/offers', versioned(stage.world.userToken(), '2')),
    ),
    refused(2, 'nobody reads a version', () => running.send('/prices', { headers: { 'x-version': '1' } })),
  ],
};
