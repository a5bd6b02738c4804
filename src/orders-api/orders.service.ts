import { BadRequestException, ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { type Actor } from 'nestjs-eie';

export interface Order {
  id: string;
  tenant: string;
  customer: string;
  item: string;
  status: 'packed' | 'shipped' | 'cancelled';
  /** Whose decision it was, and who carried it out. */
  cancelled_by?: { user: string; agent: string };
  /** All refunds together, in EUR. */
  refunded?: number;
}

@Injectable()
export class OrdersService {
  readonly #orders = new Map<string, Order>(
    (
      [
        { id: 'A-1001', tenant: 'acme', customer: 'alice', item: 'standing desk', status: 'shipped' },
        { id: 'A-1002', tenant: 'acme', customer: 'alice', item: 'desk lamp', status: 'packed' },
        { id: 'A-1003', tenant: 'acme', customer: 'carol', item: 'bookshelf', status: 'packed' },
        { id: 'G-2001', tenant: 'globex', customer: 'bob', item: 'office chair', status: 'packed' },
      ] satisfies Order[]
    ).map(order => [order.id, order]),
  );

  /** Somebody else's order is not told apart from one that does not exist. */
  find(id: string, { type, tenant, sub }: Actor): Order {
    const order = this.#orders.get(id);
    if (!order || type !== 'user' || order.tenant !== tenant || order.customer !== sub) throw new NotFoundException();
    return order;
  }

  cancel(id: string, customer: Actor, by: NonNullable<Order['cancelled_by']>): Order {
    const order = this.find(id, customer);
    if (order.status !== 'packed') throw new ConflictException(`The order is ${order.status}.`);
    const cancelled: Order = { ...order, status: 'cancelled', cancelled_by: by };
    this.#orders.set(id, cancelled);
    return cancelled;
  }

  /** Who may want how much back is decided before: this only books it. */
  refund(id: string, amount: unknown, customer: Actor): Order {
    if (typeof amount !== 'number' || !Number.isInteger(amount) || amount < 1) throw new BadRequestException();
    const order = this.find(id, customer);
    if (order.status !== 'shipped') throw new ConflictException(`The order is ${order.status}.`);
    const refunded: Order = { ...order, refunded: (order.refunded ?? 0) + amount };
    this.#orders.set(id, refunded);
    return refunded;
  }
}
