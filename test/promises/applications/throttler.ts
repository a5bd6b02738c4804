import { Controller, type ExecutionContext, Get, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Throttle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { Authenticated } from 'nestjs-eie';
import { createAccounts, startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, recordsSince } from '../parts.js';

/** As `docs/threat-model.md` has it: a user and an agent have a rate, and not an address. */
const who = ({ user }: Record<string, any>): string =>
  JSON.stringify([user.actor.issuer, user.actor.tenant, user.actor.sub, user.agent.client_id]);
const nobody = (context: ExecutionContext): boolean => !context.switchToHttp().getRequest<{ user?: object }>().user;

@Module({
  imports: [ThrottlerModule.forRoot([{ ttl: 60_000, limit: 120, getTracker: who, skipIf: nobody }])],
  providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
})
class RatesModule {}

@Controller('exports')
class ExportsController {
  @Get()
  @Authenticated()
  @Throttle({ default: { limit: 2, ttl: 60_000 } })
  start() {
    return 'started';
  }
}

export const application: Application = {
  name: 'rates by @nestjs/throttler as a global guard',
  /** Imported behind the modules of the library, and before them: the guard stands behind theirs in both. */
  start: stage =>
    stage.adapter === 'express'
      ? startAccounts(stage, { imports: [RatesModule], controllers: [ExportsController] })
      : createAccounts(stage, { earlier: [RatesModule], controllers: [ExportsController] }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    {
      name: 'callers whom nobody has identified are told to sign in, however many there are',
      async run() {
        for (let calls = 0; calls < 4; calls++) {
          const { status } = await running.send('/exports');
          if (status !== 401) throw new Error(`${status}`);
        }
      },
    },
    answers('a user starts an export', () => running.send('/exports', bearer(stage.world.userToken())), 'started'),
    answers(
      'another user, from the same address, starts two',
      async () => {
        const bob = bearer(stage.world.userToken({ sub: 'bob' }));
        await running.send('/exports', bob);
        return running.send('/exports', bob);
      },
      'started',
    ),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    {
      promise: 5,
      name: 'a call that is beyond the rate leaves no record of its user',
      async run() {
        const other = bearer(stage.world.userToken({ sub: 'user-9' }));
        for (let calls = 0; calls < 2; calls++) await running.send('/exports', other);
        const before = stage.auditLog.events.length;
        const { status } = await running.send('/exports', other);
        const records = (await recordsSince(stage.auditLog, before, 2)).map(
          ({ type, actor_sub, outcome, reason }) => `${type} ${actor_sub} ${outcome} ${reason}`,
        );
        const wanted = 'execution.intent user-9 started null,execution.outcome user-9 failed http_429';
        return status === 429 && records.join() === wanted ? undefined : `${status}: ${records.join()}`;
      },
    },
  ],
};
