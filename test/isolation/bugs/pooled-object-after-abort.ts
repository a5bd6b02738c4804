import { type ExecutionIdentityEnvelope } from 'nestjs-eie';
import { Accounts } from '../application/accounts.js';
import { ownData } from '../application/own-data.js';
import { pause } from '../application/pause.js';
import { type Bug } from '../bug.js';

class Careless extends Accounts {
  override async page(identity: ExecutionIdentityEnvelope, id: string, signal?: AbortSignal): Promise<string> {
    const page = this.pages.pop() ?? [];
    try {
      for (const line of [id, ownData(identity.actor), 'end']) {
        await pause();
        signal?.throwIfAborted();
        page.push(line);
      }
      const text = page.join('\n');
      page.length = 0;
      return text;
    } finally {
      this.pages.push(page);
    }
  }
}

export const bug: Bug = {
  name: 'an object of a pool that is not emptied after an abort',
  providers: [{ provide: Accounts, useClass: Careless }],
};
