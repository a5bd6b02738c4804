import { type DelegatedFetch, type ExecutionIdentityEnvelope } from 'nestjs-eie';
import { Accounts } from '../application/accounts.js';
import { callerOf } from '../application/caller.js';
import { type Bug } from '../bug.js';

class Careless extends Accounts {
  override async statement(identity: ExecutionIdentityEnvelope, billing: DelegatedFetch): Promise<object> {
    const key = `${identity.actor.issuer} ${identity.actor.tenant}`;
    const statement = this.statements.get(key) ?? billing.json('/balance');
    this.statements.set(key, statement);
    return { caller: callerOf(identity), statement: await statement };
  }
}

export const bug: Bug = {
  name: 'a cache key without the sub',
  providers: [{ provide: Accounts, useClass: Careless }],
};
