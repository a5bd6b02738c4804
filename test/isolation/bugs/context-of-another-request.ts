import { type ExecutionIdentityEnvelope } from 'nestjs-eie';
import { Accounts } from '../application/accounts.js';
import { callerOf } from '../application/caller.js';
import { ownData } from '../application/own-data.js';
import { type Bug } from '../bug.js';

class Careless extends Accounts {
  /** The queue runs in the context of whoever has started it. */
  override async report(identity: ExecutionIdentityEnvelope): Promise<object> {
    this.context.enterWith(identity);
    return this.enqueue(() => {
      const current = this.context.getStore()!;
      return { caller: callerOf(current), own: ownData(current.actor) };
    });
  }
}

export const bug: Bug = {
  name: 'an AsyncLocalStorage that holds what another request has left',
  providers: [{ provide: Accounts, useClass: Careless }],
};
