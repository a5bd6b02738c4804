import { CacheInterceptor, CacheModule, CacheTTL } from '@nestjs/cache-manager';
import { Controller, type ExecutionContext, Get, Injectable, UseInterceptors } from '@nestjs/common';
import { type ExecutionIdentityEnvelope, Identity, RequireScopes } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, recordsSince, refused } from '../parts.js';

/** Keeps an answer for each user, as its documentation advises. */
@Injectable()
class PersonalCache extends CacheInterceptor {
  protected override trackBy(context: ExecutionContext): string | undefined {
    const { user } = context.switchToHttp().getRequest<{ user?: ExecutionIdentityEnvelope }>();
    const key = super.trackBy(context) as string | undefined;
    return key && user && `${user.actor.issuer} ${user.actor.sub} ${key}`;
  }
}

let computed = 0;

@Controller('statements')
@UseInterceptors(PersonalCache)
class StatementsController {
  @Get()
  @CacheTTL(60_000)
  @RequireScopes('billing:read')
  read(@Identity('actor.sub') user: string) {
    return `statement ${++computed} of ${user}`;
  }
}

const reader = (token: string) => bearer(token);

export const application: Application = {
  name: 'answers that @nestjs/cache-manager keeps for each user',
  async start(stage) {
    computed = 0;
    return startAccounts(stage, { imports: [CacheModule.register()], controllers: [StatementsController] });
  },
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    ...['the first time', 'the second time, from the cache'].map(time =>
      answers(
        `a user reads a statement ${time}`,
        () => running.send('/statements', reader(stage.world.userToken({ scope: 'billing:read' }))),
        'statement 1 of alice',
      ),
    ),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    refused(3, 'a user without the scope reads its own statement from the cache', () =>
      running.send('/statements', reader(stage.world.userToken())),
    ),
    {
      promise: 2,
      name: 'another user reads it from the cache',
      async run() {
        const bob = stage.world.userToken({ sub: 'bob', scope: 'billing:read' });
        const { text } = await running.send('/statements', reader(bob));
        return text.endsWith('of bob') ? undefined : text;
      },
    },
    {
      promise: 5,
      name: 'an answer from the cache leaves no record',
      async run() {
        const before = stage.auditLog.events.length;
        await running.send('/statements', reader(stage.world.userToken({ scope: 'billing:read' })));
        const types = (await recordsSince(stage.auditLog, before, 2)).map(({ type }) => type);
        return types.join() === 'execution.intent,execution.outcome' ? undefined : types.join();
      },
    },
  ],
};
