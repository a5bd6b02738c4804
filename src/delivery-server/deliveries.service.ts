import { Injectable, NotFoundException } from '@nestjs/common';
import { type Actor } from 'nestjs-eie';

export interface Estimate {
  order_id: string;
  status: 'waiting for the shop' | 'on its way';
  arrives: string;
}

interface Delivery extends Estimate {
  tenant: string;
  customer: string;
}

@Injectable()
export class DeliveriesService {
  readonly #deliveries: readonly Delivery[] = [
    { order_id: 'A-1001', tenant: 'acme', customer: 'alice', status: 'on its way', arrives: 'tomorrow, 8 to 12' },
    { order_id: 'A-1003', tenant: 'acme', customer: 'carol', status: 'waiting for the shop', arrives: 'not known yet' },
    {
      order_id: 'G-2001',
      tenant: 'globex',
      customer: 'bob',
      status: 'waiting for the shop',
      arrives: 'two days after the shop hands it over',
    },
  ];

  /** Somebody else's delivery is not told apart from one that does not exist. */
  estimate(orderId: string, { type, tenant, sub }: Actor): Estimate {
    const found = this.#deliveries.find(
      one => one.order_id === orderId && type === 'user' && one.tenant === tenant && one.customer === sub,
    );
    if (!found) throw new NotFoundException(`You have no delivery of order ${orderId}.`);
    const { order_id, status, arrives } = found;
    return { order_id, status, arrives };
  }
}
