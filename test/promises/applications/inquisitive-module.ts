import { Controller, Get, Req, Scope } from '@nestjs/common';
import { DiscoveryModule, ModuleRef } from '@nestjs/core';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  EieModule,
  type ExecutionIdentityEnvelope,
  Identity,
} from 'nestjs-eie';
import { Intruder } from '../../support/intruder.js';
import { tokensWithin } from '../../support/reachable.js';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer } from '../parts.js';

let stage: Stage;
let found: string[] = [];

/** A page for developers, which shows what the container holds: as many teams have one. */
@Controller({ path: 'container', scope: Scope.REQUEST })
class ContainerController {
  constructor(
    private readonly intruder: Intruder,
    private readonly modules: ModuleRef,
  ) {}

  @Get()
  @Authenticated()
  async show(
    @Req() request: object,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Delegated('orders_api') orders: DelegatedFetch,
  ) {
    // The exchange has run, so that outbound tokens are there to be found.
    await orders.json('/orders');
    const { serverKey, sealing } = stage.world;
    const secrets = [...stage.tokens(), serverKey.d as string, sealing.keys[0]!.d as string];
    found = tokensWithin(
      { ...this.intruder.roots(), request, identity, orders, module: this.modules.get(EieModule, { strict: false }) },
      secrets,
    );
    return 'shown';
  }
}

export const application: Application = {
  name: 'a module that walks through every provider, while a call is made for a user',
  async start(given) {
    stage = given;
    found = [];
    return startAccounts(stage, {
      imports: [DiscoveryModule],
      controllers: [ContainerController],
      providers: [Intruder],
      options: { signing: { keys: stage.world.sealing.keys } },
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    answers(
      'a developer looks at the container',
      () => running.send('/container', bearer(given.world.userToken())),
      'shown',
    ),
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    ...([1, 4] as const).map(promise => ({
      promise,
      name: 'a provider, or what it leads to, holds a token, a key or a client secret',
      async run() {
        const { status } = await running.send('/container', bearer(given.world.userToken()));
        return status === 200 ? found[0] : `${status}`;
      },
    })),
  ],
};
