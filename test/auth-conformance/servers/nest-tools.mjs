import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { NotFoundException } from '@nestjs/common';
import { inputRequired } from '@modelcontextprotocol/server';
import { IsString } from 'class-validator';
import { Authenticated, Identity, RequireScopes } from 'nestjs-eie';
import { Tool, ToolCall, ToolController, ToolInput } from 'nestjs-eie/mcp';

/** What decorators on a method do, and those on its parameters, the first of which may be of a class. */
export function decorate(type, method, decorators, parameters = [], input = Object) {
  Reflect.defineMetadata('design:paramtypes', [input, Object, Object], type.prototype, method);
  parameters.forEach((one, index) => one(type.prototype, method, index));
  for (const one of decorators) one(type.prototype, method, Object.getOwnPropertyDescriptor(type.prototype, method));
}

const requestedSchema = { type: 'object', properties: { sure: { type: 'boolean' } }, required: ['sure'] };

class Account {}
IsString()(Account.prototype, 'account');
class Basket {}
IsString()(Basket.prototype, 'basket');

/** Keeps what it is told to remember under its user and a name. */
export class SharedTools {
  #baskets = new Set();

  closeAccount({ account }, call) {
    const asked = call.state();
    return asked && call.inputResponses.sure ? { closed: asked.account } : this.#ask(call, { account });
  }

  closeCompany({ account }, call) {
    return this.closeAccount({ account }, call);
  }

  openBasket({ actor }) {
    const basket = randomUUID();
    this.#baskets.add(`${actor.issuer} ${actor.sub} ${basket}`);
    return { basket };
  }

  readBasket({ basket }, { actor }) {
    if (!this.#baskets.has(`${actor.issuer} ${actor.sub} ${basket}`))
      throw new NotFoundException('There is no such basket.');
    return { items: 0 };
  }

  #ask(call, state) {
    return call.requestInput({ sure: inputRequired.elicit({ message: 'Are you sure?', requestedSchema }) }, state);
  }
}
decorate(
  SharedTools,
  'closeAccount',
  [Tool({ name: 'close_account' }), Authenticated()],
  [ToolInput(), ToolCall()],
  Account,
);
decorate(
  SharedTools,
  'closeCompany',
  [Tool({ name: 'close_company' }), Authenticated()],
  [ToolInput(), ToolCall()],
  Account,
);
decorate(SharedTools, 'openBasket', [Tool({ name: 'open_basket' }), Authenticated()], [Identity()]);
decorate(
  SharedTools,
  'readBasket',
  [Tool({ name: 'read_basket' }), Authenticated()],
  [ToolInput(), Identity()],
  Basket,
);
ToolController()(SharedTools);

class Order {}
IsString()(Order.prototype, 'order_id');

/** In the place of those that the reference application has itself. */
export class OrderTools {
  whoami({ actor, agent }) {
    return { sub: actor.sub, tenant: actor.tenant, client: agent.client_id };
  }

  cancel({ order_id: order }) {
    return { cancelled: order };
  }
}
decorate(OrderTools, 'whoami', [Tool({ name: 'whoami' }), Authenticated()], [Identity()]);
decorate(OrderTools, 'cancel', [Tool({ name: 'cancel_order' }), RequireScopes('orders:write')], [ToolInput()], Order);
ToolController()(OrderTools);
