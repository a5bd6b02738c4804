import { type DelegatedFetch, type ExecutionIdentityEnvelope } from 'nestjs-eie';
import { Accounts } from '../application/accounts.js';
import { callerOf } from '../application/caller.js';
import { type Bug } from '../bug.js';

class Careless extends Accounts {
  override async statement(identity: ExecutionIdentityEnvelope, billing: DelegatedFetch): Promise<object> {
    const key = identity.session.trace_id;
    const statement = this.statements.get(key) ?? billing.json('/balance');
    this.statements.set(key, statement);
    return { caller: callerOf(identity), statement: await statement };
  }
}

export const bug: Bug = {
  name: 'a trace id that is used as a key',
  providers: [{ provide: Accounts, useClass: Careless }],
};
