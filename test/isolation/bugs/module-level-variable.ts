import { type ExecutionIdentityEnvelope } from 'nestjs-eie';
import { Accounts } from '../application/accounts.js';
import { ownData } from '../application/own-data.js';
import { pause } from '../application/pause.js';
import { type Bug } from '../bug.js';

let current = '';

class Careless extends Accounts {
  override async page(identity: ExecutionIdentityEnvelope, id: string): Promise<string> {
    current = ownData(identity.actor);
    await pause();
    return `${id}\n${current}`;
  }
}

export const bug: Bug = {
  name: 'a variable of a module that is set before an await',
  providers: [{ provide: Accounts, useClass: Careless }],
};
