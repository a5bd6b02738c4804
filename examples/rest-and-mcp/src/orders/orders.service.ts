import { Injectable } from '@nestjs/common';

export interface Order {
  id: string;
  customer: string;
  status: 'open' | 'shipped';
}

@Injectable()
export class OrdersService {
  readonly #orders: readonly Order[] = [
    { id: 'A-1001', customer: 'alice', status: 'shipped' },
    { id: 'B-2001', customer: 'bob', status: 'open' },
  ];

  all(): readonly Order[] {
    return this.#orders;
  }

  of(customer: string): Order[] {
    return this.#orders.filter(order => order.customer === customer);
  }
}
