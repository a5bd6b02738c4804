import { type ExecutionIdentityEnvelope } from 'nestjs-eie';
import { Accounts } from '../application/accounts.js';
import { type Caller, callerOf } from '../application/caller.js';
import { type Bug } from '../bug.js';

class Careless extends Accounts {
  readonly #callers = new Map<string, Caller>();

  override async caller(identity: ExecutionIdentityEnvelope): Promise<Caller> {
    const key = `${identity.actor.issuer} ${identity.actor.tenant} ${identity.actor.sub}`;
    const known = this.#callers.get(key) ?? callerOf(identity);
    this.#callers.set(key, known);
    return { ...known, trace: identity.session.trace_id };
  }
}

export const bug: Bug = {
  name: 'an agent and a session that are remembered for a user',
  providers: [{ provide: Accounts, useClass: Careless }],
};
