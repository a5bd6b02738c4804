import { Controller, Get } from '@nestjs/common';
import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT } from 'jose';
import { Authenticated, Delegated, type DelegatedFetch, type EieError } from 'nestjs-eie';
import { ADAPTERS } from '../support/app.js';
import { type DelegatingApp, startDelegating } from '../support/delegating-app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { ordersTarget } from '../support/orders.js';
import { type ReceiverApp, startReceiver } from '../support/receiver-app.js';
import { LEDGER, ORDERS, startWorld, type World } from '../support/world.js';

@Controller('entries')
class Orders {
  @Get()
  @Authenticated()
  entries(@Delegated('ledger_api') ledger: DelegatedFetch) {
    return ledger.json('/').catch(({ code }: EieError) => ({ code }));
  }
}

interface Credentials {
  access: string;
  txn: string;
}

describe.each(ADAPTERS)('a service that calls another one onward, on %s', adapter => {
  let world: World;
  let ledger: Loopback;
  let orders: ReceiverApp;
  let shop: DelegatingApp;
  /** What the ledger answers. */
  let says: unknown;

  beforeAll(async () => {
    world = await startWorld();
    ledger = await startLoopback((_request, response) => response.end(JSON.stringify(says)));
    orders = await startReceiver(world, {
      adapter,
      service: 'orders_api',
      resource: ORDERS,
      controllers: [Orders],
      options: {
        issuers: [world.issuerOptions({ audience: [ORDERS], client: world.ordersClient })],
        targets: {
          ledger_api: {
            mode: 'service_identity',
            baseUrl: ledger.url,
            issuer: world.issuer,
            resource: LEDGER,
            scopes: ['ledger:read'],
          },
        },
      },
    });
    shop = await startDelegating(world, {
      options: {
        signing: { keys: world.sealing.keys },
        targets: { orders_api: { ...ordersTarget(world, orders.url), onward: { ledger_api: ['ledger:read'] } } },
      },
    });
  });
  afterAll(async () => {
    await Promise.all([shop.close(), orders.close()]);
    await Promise.all([ledger.close(), world.close()]);
  });

  /** The credentials of a genuine call, signed anew: no server of this process has seen these. */
  async function credentialsOf(sub: string): Promise<Credentials> {
    says = {};
    await shop.as(world.userToken({ sub, scope: 'orders:read ledger:read' }), api => api('/entries'));
    const { authorization, 'txn-token': txnToken } = orders.received.at(-1)! as Record<string, string>;
    const [access, txn] = [authorization!.slice('Bearer '.length), txnToken!];
    const key = await importJWK(world.sealing.keys[0]!, 'ES256');
    const resealed = new SignJWT(decodeJwt(txn)).setProtectedHeader(decodeProtectedHeader(txn) as { alg: string });
    return { access: world.sign(decodeJwt(access), decodeProtectedHeader(access)), txn: await resealed.sign(key) };
  }
  const call = async ({ access, txn }: Credentials) => {
    const headers = { authorization: `Bearer ${access}`, 'txn-token': txn };
    return (await fetch(`${orders.url}/entries`, { headers })).json();
  };

  it.each<[what: string, pick: (alices: Credentials) => string]>([
    ['access token', ({ access }) => access],
    ['Txn-Token', ({ txn }) => txn],
  ])('is not answered with the %s of an earlier call by somebody else', async (_what, pick) => {
    const [alices, bobs] = [await credentialsOf('alice'), await credentialsOf('bob')];
    says = { last: pick(alices) };
    expect(await call(bobs)).toEqual(says);
    says = {};
    expect(await call(alices)).toEqual({});
    says = { last: pick(alices) };
    expect(await call(bobs)).toEqual({ code: 'target_response_refused' });
    expect(orders.auditLog.last('delegation.refused')).toMatchObject({
      reason: 'target_response_refused',
      actor_sub: 'bob',
      target: 'ledger_api',
    });
  });
});
