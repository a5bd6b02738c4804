import { type ExecutionIdentityEnvelope } from 'nestjs-eie';
import { Accounts } from '../application/accounts.js';
import { type Caller, callerOf } from '../application/caller.js';
import { pause } from '../application/pause.js';
import { type Bug } from '../bug.js';

class Careless extends Accounts {
  #identity: ExecutionIdentityEnvelope;

  override async caller(identity: ExecutionIdentityEnvelope): Promise<Caller> {
    this.#identity = identity;
    await pause();
    return callerOf(this.#identity);
  }
}

export const bug: Bug = {
  name: 'an identity that is kept on a singleton',
  providers: [{ provide: Accounts, useClass: Careless }],
};
