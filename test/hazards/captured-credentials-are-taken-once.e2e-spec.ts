import { Controller, Get } from '@nestjs/common';
import { Authenticated, Delegated, type DelegatedFetch, Identity, RequireScopes } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { claimsOf } from '../support/door.js';
import { ordersTarget } from '../support/orders.js';
import { type ReceiverApp, startReceiver, trust } from '../support/receiver-app.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

type Credentials = Record<'authorization' | 'txn-token', string>;

@Controller('call')
class Caller {
  /** One execution that calls the same service three times, two of them at once. */
  @Get()
  @RequireScopes('orders:read')
  async call(@Delegated('orders_api') orders: DelegatedFetch) {
    const first = await orders('/seen');
    const more = await Promise.all([orders('/seen'), orders('/seen')]);
    return { statuses: [first, ...more].map(({ status }) => status) };
  }
}

@Controller('seen')
class Seen {
  @Get()
  @Authenticated()
  seen(@Identity('actor.sub') sub: string) {
    return { sub };
  }
}

describe.each(ADAPTERS)('a receiver that takes each Txn-Token once, on %s', adapter => {
  let world: World;
  let orders: ReceiverApp;
  beforeAll(async () => {
    world = await startWorld();
    orders = await startReceiver(world, {
      adapter,
      service: 'orders_api',
      resource: ORDERS,
      controllers: [Seen],
      options: { trust: { ...trust(world), singleUse: true } },
    });
  });
  afterAll(() => Promise.all([orders, world].map(one => one?.close())));

  async function call(singleUse: boolean, url = orders.url): Promise<number[]> {
    const options = {
      targets: { orders_api: { ...ordersTarget(world, url), singleUse } },
      signing: { keys: world.sealing.keys },
    };
    const shop: TestApp = await startApp(world, { adapter, controllers: [Caller], options });
    try {
      const answer = await fetch(`${shop.url}/call`, { headers: { authorization: `Bearer ${world.userToken()}` } });
      return ((await answer.json()) as { statuses: number[] }).statuses;
    } finally {
      await shop.close();
    }
  }
  const send = async (headers: Record<string, string>) => {
    const { status } = await fetch(`${orders.url}/seen`, { headers });
    return { status, reason: status === 200 ? undefined : orders.auditLog.last('admission.refused').reason };
  };
  const captured = () => orders.received.slice(-3) as Credentials[];

  it('serves one execution that calls it several times', async () => {
    expect(await call(true)).toEqual([200, 200, 200]);
    expect(new Set(captured().map(headers => claimsOf(headers['txn-token']).jti)).size).toBe(3);
    expect(new Set(captured().map(headers => claimsOf(headers['txn-token']).txn)).size).toBe(1);
  });

  it('refuses both credentials of a call that was served, though neither has expired', async () => {
    await call(true);
    for (const { authorization, 'txn-token': txnToken } of captured()) {
      expect(await send({ authorization, 'txn-token': txnToken })).toEqual({
        status: 401,
        reason: 'txn_token_replayed',
      });
    }
  });

  it('uses nothing up for a call that it refuses', async () => {
    const { authorization, 'txn-token': unused } = await heldBack();
    const foreign = `Bearer ${world.userToken({ sub: 'bob', resource: ORDERS })}`;
    expect(await send({ authorization: foreign, 'txn-token': unused })).toEqual({
      status: 401,
      reason: 'credential_mismatch',
    });
    expect(await send({ authorization: 'Bearer x.y.z', 'txn-token': unused })).toEqual({
      status: 401,
      reason: 'token_malformed',
    });
    expect(await send({ authorization, 'txn-token': unused })).toEqual({ status: 200, reason: undefined });
    expect(await send({ authorization, 'txn-token': unused })).toEqual({ status: 401, reason: 'txn_token_replayed' });
  });

  it('takes none without an id from a caller that was not told', async () => {
    expect(await call(false)).toEqual([401, 401, 401]);
    expect(orders.auditLog.last('admission.refused').reason).toBe('txn_token_invalid');
  });

  /** Genuine credentials that have not reached the service: they went to another process under its name. */
  async function heldBack(): Promise<Credentials> {
    const elsewhere = await startReceiver(world, {
      adapter,
      service: 'orders_api',
      resource: ORDERS,
      controllers: [Seen],
    });
    await call(true, elsewhere.url);
    await elsewhere.close();
    return elsewhere.received.at(-1) as Credentials;
  }
});
