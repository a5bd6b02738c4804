import { type Writable } from 'node:stream';
import { type ExecutionIdentityEnvelope } from 'nestjs-eie';
import { Accounts } from '../application/accounts.js';
import { type Bug } from '../bug.js';

class Careless extends Accounts {
  #response: Writable;

  override async write(identity: ExecutionIdentityEnvelope, response: Writable, id: string): Promise<void> {
    const before = this.#response as Writable | undefined;
    this.#response = response;
    return super.write(identity, before && !before.writableEnded ? before : response, id);
  }
}

export const bug: Bug = {
  name: 'a response that is written to another request',
  providers: [{ provide: Accounts, useClass: Careless }],
};
