import { Controller, Injectable, Post } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Authenticated, DelegatesTo, DelegationService, type ExecutionIdentityEnvelope, Identity } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { bearer } from '../parts.js';

let stage: Stage;
let kept: ExecutionIdentityEnvelope | undefined;
let settled: Promise<string> = Promise.resolve('nothing happened');

@Injectable()
class Mailer {
  constructor(private readonly delegation: DelegationService) {}

  /** Runs beside the request, and perhaps after it. */
  @OnEvent('order.placed')
  placed(identity: ExecutionIdentityEnvelope) {
    stage.see('by a listener of an event', identity);
    kept = identity;
    settled = this.call(identity);
  }

  async call(identity: ExecutionIdentityEnvelope): Promise<string> {
    return JSON.stringify(await this.delegation.for(identity, 'orders_api').json('/orders'));
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly events: EventEmitter2) {}

  @Post()
  @Authenticated()
  @DelegatesTo('orders_api')
  async place(@Identity() identity: ExecutionIdentityEnvelope) {
    this.events.emit('order.placed', identity);
    return settled;
  }

  @Post('undeclared')
  @Authenticated()
  async undeclared(@Identity() identity: ExecutionIdentityEnvelope) {
    this.events.emit('order.placed', identity);
    return settled;
  }
}

export const application: Application = {
  name: 'listeners of @nestjs/event-emitter that get the identity of a call',
  async start(given) {
    stage = given;
    return startAccounts(stage, {
      imports: [EventEmitterModule.forRoot()],
      controllers: [OrdersController],
      providers: [Mailer],
    });
  },
  legitimate: (running, given) => [
    ...accountCalls(running, given),
    {
      name: 'a listener calls an API for the user while the call runs',
      async run() {
        const { status, text } = await running.send('/orders', {
          ...bearer(given.world.userToken()),
          method: 'POST',
        });
        if (status !== 201 || !text.includes('17')) throw new Error(`${status}: ${text}`);
      },
    },
  ],
  attacks: (running, given) => [
    ...accountAttacks(running, given),
    {
      promise: 4,
      name: 'a listener calls an API that the handler has not declared',
      async run() {
        const before = given.api.requests.length;
        await running.send('/orders/undeclared', { ...bearer(given.world.userToken()), method: 'POST' });
        await settled.catch(() => undefined);
        return given.api.requests.length === before ? undefined : 'it was sent';
      },
    },
    {
      promise: 4,
      name: 'a listener calls an API for the user when the call is over',
      async run() {
        await running.send('/orders', { ...bearer(given.world.userToken()), method: 'POST' });
        const before = given.api.requests.length;
        await running.app
          .get(Mailer)
          .call(kept!)
          .catch(() => undefined);
        return given.api.requests.length === before ? undefined : 'it was sent';
      },
    },
  ],
};
