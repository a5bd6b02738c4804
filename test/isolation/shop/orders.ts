import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictException, NotFoundException } from '@nestjs/common';
import { type Actor } from 'nestjs-eie';
import { ownData } from '../application/own-data.js';

/** How an order behaves, by the first letter of its number. */
const DELAYS: Record<string, number> = { A: 4, S: 30, L: 400 };

/** Every user has an order of every number, and each is another one. In the place of the shop's own. */
export class EverybodysOrders {
  async find(id: string, actor: Actor): Promise<object> {
    const delay = DELAYS[id[0]!];
    if (delay === undefined) throw new NotFoundException();
    await sleep(Math.random() * delay);
    return { id, tenant: actor.tenant, customer: actor.sub, item: ownData(actor), status: 'packed' };
  }

  async cancel(id: string, actor: Actor, by: object): Promise<object> {
    if (id.startsWith('S')) throw new ConflictException();
    return { ...(await this.find(id, actor)), status: 'cancelled', cancelled_by: by };
  }
}

export class EverybodysBalance {
  async of(actor: Actor): Promise<object> {
    await sleep(Math.random() * 4);
    return { account: ownData(actor), currency: 'EUR', amount: 17 };
  }
}

export class EverybodysDeliveries {
  estimate(orderId: string, actor: Actor): object {
    return { order_id: orderId, status: 'on its way', arrives: ownData(actor) };
  }
}
