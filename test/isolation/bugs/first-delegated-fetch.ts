import { type DelegatedFetch, type ExecutionIdentityEnvelope } from 'nestjs-eie';
import { Accounts } from '../application/accounts.js';
import { type Bug } from '../bug.js';

class Careless extends Accounts {
  #orders: DelegatedFetch | undefined;

  override order(identity: ExecutionIdentityEnvelope, orders: DelegatedFetch, id: string): Promise<object> {
    this.#orders ??= orders;
    return super.order(identity, this.#orders, id);
  }
}

export const bug: Bug = {
  name: 'a delegated fetch that is kept of the first user',
  providers: [{ provide: Accounts, useClass: Careless }],
};
