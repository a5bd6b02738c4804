import { Controller, Get, type MessageEvent, Sse } from '@nestjs/common';
import { Authenticated, Delegated, type DelegatedFetch, Identity, RequireScopes } from 'nestjs-eie';
import { concatMap, from, interval, map, type Observable, take } from 'rxjs';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, recordsSince, refused } from '../parts.js';

@Controller('prices')
class PricesController {
  @Sse('stream')
  @Authenticated()
  stream(@Identity('actor.sub') user: string): Observable<MessageEvent> {
    return interval(5).pipe(
      take(3),
      map(number => ({ data: { user, number } })),
    );
  }

  @Sse('echoed')
  @RequireScopes('orders:read')
  echoed(@Delegated('orders_api') orders: DelegatedFetch): Observable<MessageEvent> {
    return interval(5).pipe(
      take(2),
      concatMap(() => from(orders('/echo').then(answer => answer.text()))),
      map(data => ({ data })),
    );
  }

  @Get('latest')
  @RequireScopes('billing:read')
  latest() {
    return 'latest';
  }
}

const stream = (token?: string): RequestInit => ({
  headers: { accept: 'text/event-stream', ...(token && { authorization: `Bearer ${token}` }) },
});

export const application: Application = {
  name: 'streams by @Sse(), one of which calls an API',
  start: stage => startAccounts(stage, { controllers: [PricesController] }),
  legitimate: (running, { world, ...stage }) => [
    ...accountCalls(running, { world, ...stage }),
    answers(
      'a user follows the prices',
      () => running.send('/prices/stream', stream(world.userToken())),
      '{"user":"alice","number":2}',
    ),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    refused(2, 'nobody follows the prices', () => running.send('/prices/stream', stream())),
    refused(3, 'a user without the scope follows what an API says', () =>
      running.send('/prices/echoed', stream(stage.world.userToken({ scope: 'billing:read' }))),
    ),
    {
      promise: 1,
      name: 'a stream hands on what an API was sent',
      async run() {
        const { text } = await running.send('/prices/echoed', stream(stage.world.userToken()));
        return stage.tokens().some(token => text.includes(token)) ? text.slice(0, 200) : undefined;
      },
    },
    {
      promise: 5,
      name: 'a stream has no record of its end',
      async run() {
        const before = stage.auditLog.events.length;
        await running.send('/prices/stream', stream(stage.world.userToken()));
        const records = (await recordsSince(stage.auditLog, before, 2)).map(
          ({ type, outcome }) => `${type} ${outcome}`,
        );
        return records.join() === 'execution.intent started,execution.outcome ok' ? undefined : records.join();
      },
    },
    {
      promise: 5,
      name: 'a stream that its reader leaves has no record of its end',
      async run() {
        const before = stage.auditLog.events.length;
        const leaving = new AbortController();
        await fetch(`${running.url}/prices/stream`, { ...bearer(stage.world.userToken()), signal: leaving.signal });
        leaving.abort();
        const types = (await recordsSince(stage.auditLog, before, 2)).map(({ type }) => type);
        return types.join() === 'execution.intent,execution.outcome' ? undefined : types.join();
      },
    },
  ],
};
