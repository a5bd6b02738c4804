import { type DelegatedFetch, type ExecutionIdentityEnvelope } from 'nestjs-eie';
import { Accounts } from '../application/accounts.js';
import { type Bug } from '../bug.js';

class Careless extends Accounts {
  readonly #flights = new Map<string, Promise<object>>();

  /** Whoever asks for the same order at the same time gets the same answer. */
  override order(identity: ExecutionIdentityEnvelope, orders: DelegatedFetch, id: string): Promise<object> {
    const flight = this.#flights.get(id) ?? super.order(identity, orders, id);
    this.#flights.set(id, flight);
    void flight.finally(() => this.#flights.delete(id)).catch(() => undefined);
    return flight;
  }
}

export const bug: Bug = {
  name: 'a call under way that callers of the same input share',
  providers: [{ provide: Accounts, useClass: Careless }],
};
