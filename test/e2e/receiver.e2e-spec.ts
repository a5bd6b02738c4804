import { Delegated, type DelegatedFetch, IdentityRevocation, RequireScopes } from 'nestjs-eie';
import { Controller, Get } from '@nestjs/common';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { sendRaw } from '../support/loopback.js';
import { OrdersController, ordersTarget } from '../support/orders.js';
import { type ReceiverApp, startReceiver } from '../support/receiver-app.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

@Controller('call')
class CallingController {
  @Get()
  @RequireScopes('orders:read')
  async call(@Delegated('orders_api') orders: DelegatedFetch) {
    const response = await orders('/orders');
    return { status: response.status, body: await response.json() };
  }
}

describe('a receiver', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());

  const callThrough = async (baseUrl: string, sub = 'alice') => {
    const app: TestApp = await startApp(world, {
      controllers: [CallingController],
      options: { targets: { orders_api: ordersTarget(world, baseUrl) }, signing: { keys: world.sealing.keys } },
    });
    try {
      const response = await fetch(`${app.url}/call`, {
        headers: { authorization: `Bearer ${world.userToken({ sub, scope: 'orders:read orders:write' })}` },
      });
      return (await response.json()) as { status: number; body: any };
    } finally {
      await app.close();
    }
  };

  describe.each(ADAPTERS)('on Nest with %s', adapter => {
    let orders: ReceiverApp;
    beforeAll(async () => {
      orders = await startReceiver(world, {
        adapter,
        service: 'orders_api',
        resource: ORDERS,
        controllers: [OrdersController],
      });
    });
    afterAll(() => orders?.close());
    const replay = (headers: Record<string, string>) => fetch(`${orders.url}/api/orders`, { headers });
    /** Both credentials of a call that was just made, of this user. */
    const credentials = async (sub = 'alice') => {
      await callThrough(`${orders.url}/api`, sub);
      const { authorization, 'txn-token': txnToken } = orders.received.at(-1)! as Record<string, string>;
      return { authorization: authorization!, txnToken: txnToken! };
    };

    it('lets a delegated call in, and gives its handlers the identity', async () => {
      expect(await callThrough(`${orders.url}/api`)).toMatchObject({
        status: 200,
        body: { sub: 'alice', agent: 'agent-desk-copilot' },
      });
    });

    it('demands both credentials: neither is enough alone', async () => {
      const { authorization, txnToken } = await credentials();
      expect((await replay({ authorization, 'txn-token': txnToken })).status).toBe(200);
      expect((await replay({ authorization })).status).toBe(401);
      expect(orders.auditLog.last('admission.refused').reason).toBe('txn_token_missing');
      expect((await replay({ 'txn-token': txnToken })).status).toBe(401);
      expect(orders.auditLog.last('admission.refused').reason).toBe('credentials_missing');
    });

    it('takes a second credential for a malformed request, wherever it is', async () => {
      const { authorization, txnToken } = await credentials();
      const pair = ['Authorization', authorization, 'Txn-Token', txnToken];
      for (const [query, headers] of [
        ['', [...pair, 'Authorization', authorization]],
        ['', [...pair, 'Txn-Token', txnToken]],
        ['?access_token=x', pair],
      ] as const) {
        expect((await sendRaw(`${orders.url}/api/orders${query}`, { headers: [...headers] })).status).toBe(400);
        expect(orders.auditLog.last('admission.refused').reason).toBe('request_malformed');
      }
      expect((await sendRaw(`${orders.url}/api/orders`, { headers: pair })).status).toBe(200);
    });

    it('refuses what was sealed before the identity was revoked here', async () => {
      const { authorization, txnToken } = await credentials('user-1');
      await orders.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'user-2' });
      expect((await replay({ authorization, 'txn-token': txnToken })).status).toBe(200);
      await orders.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'user-1' });
      expect((await replay({ authorization, 'txn-token': txnToken })).status).toBe(401);
      expect(orders.auditLog.last('admission.refused').reason).toBe('identity_revoked');
    });

    it('answers every refused credential in the same way, with where its own metadata is', async () => {
      const response = await replay({ authorization: 'Bearer x.y.z', 'txn-token': 'x.y.z' });
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({ statusCode: 401, message: 'Unauthorized' });
      expect(response.headers.get('www-authenticate')).toContain(
        'resource_metadata="https://orders.shop.test/.well-known/oauth-protected-resource"',
      );
      expect(await (await fetch(`${orders.url}/.well-known/oauth-protected-resource`)).json()).toMatchObject({
        resource: ORDERS,
      });
    });
  });

  it('gives no rights that one of the two credentials lacks', async () => {
    const orders = await startReceiver(world, {
      service: 'orders_api',
      resource: ORDERS,
      controllers: [OrdersController],
    });
    await callThrough(`${orders.url}/api`);
    const headers = orders.received.at(-1)! as Record<string, string>;
    const narrow = world.sign({ ...decoded(headers.authorization!.slice(7)), scope: 'orders:read' }, { typ: 'at+jwt' });
    const body = await (
      await fetch(`${orders.url}/api/orders`, {
        headers: { authorization: `Bearer ${narrow}`, 'txn-token': headers['txn-token']! },
      })
    ).json();
    expect(body).toMatchObject({ scopes: ['orders:read'] });
    await orders.close();
  });
});

const decoded = (token: string): object =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as object;
