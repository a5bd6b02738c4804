import { Controller, Get } from '@nestjs/common';
import { Delegated, type DelegatedFetch, type EieError, RequireScopes } from 'nestjs-eie';
import { startApp } from '../support/app.js';
import { Caller } from '../support/delegated-call.js';
import { startLoopback } from '../support/loopback.js';
import { ordersTarget } from '../support/orders.js';
import { startReceiver } from '../support/receiver-app.js';
import { LEDGER, ORDERS, startWorld } from '../support/world.js';

/** Milliseconds by which the clock of the receiver is ahead. */
let ahead = 0;

@Controller('late')
class Late {
  @Get()
  @RequireScopes('orders:read')
  late(@Delegated('ledger_api') ledger: DelegatedFetch) {
    ahead = 61_000;
    return ledger('/').then(
      () => 'called',
      (error: EieError) => error.code,
    );
  }
}

it('a receiver that calls onward a minute after the sealing is told that nothing makes a Txn-Token live longer', async () => {
  const [world, orders, ledger] = await Promise.all([startWorld(), startLoopback(), startLoopback()]);
  const lines: string[] = [];
  const target = { ...ordersTarget(world, orders.url), onward: { ledger_api: ['orders:read'] } };
  const caller = await startApp(world, {
    controllers: [Caller],
    options: { signing: { keys: world.sealing.keys }, targets: { orders_api: target } },
  });
  await fetch(`${caller.url}/call`, { headers: { authorization: `Bearer ${world.userToken()}` } });
  const { authorization, 'txn-token': sealed } = orders.requests[0]!.headers as Record<string, string>;
  const receiver = await startReceiver(world, {
    service: 'orders_api',
    resource: ORDERS,
    controllers: [Late],
    options: {
      issuers: [world.issuerOptions({ audience: [ORDERS], client: world.ordersClient })],
      targets: {
        ledger_api: {
          mode: 'service_identity',
          baseUrl: ledger.url,
          issuer: world.issuer,
          resource: LEDGER,
          scopes: ['orders:read'],
        },
      },
      ports: { clock: () => Date.now() + ahead, diagnostics: { report: ({ message }) => void lines.push(message) } },
    },
  });
  const answer = await fetch(`${receiver.url}/late`, {
    headers: { authorization: authorization!, 'txn-token': sealed! },
  });
  expect(await answer.text()).toBe('identity_expired');
  expect(lines.at(-1)).toMatch(/^identity_expired .*A receiver cannot raise it: a Txn-Token lives 60 s at most/);
  expect(ledger.requests).toEqual([]);
  await Promise.all([receiver, caller, orders, ledger, world].map(one => one.close()));
});
