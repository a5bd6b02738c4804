import { type ExecutionIdentityEnvelope } from 'nestjs-eie';
import { Accounts } from '../application/accounts.js';
import { callerOf } from '../application/caller.js';
import { ownData } from '../application/own-data.js';
import { type Bug } from '../bug.js';

class Careless extends Accounts {
  #current: () => ExecutionIdentityEnvelope;

  /** The job asks who the current user is when it runs. */
  override async report(identity: ExecutionIdentityEnvelope): Promise<object> {
    this.#current = () => identity;
    return this.enqueue(() => {
      const current = this.#current();
      return { caller: callerOf(current), own: ownData(current.actor) };
    });
  }
}

export const bug: Bug = {
  name: 'a closure over the current user that is bound late',
  providers: [{ provide: Accounts, useClass: Careless }],
};
