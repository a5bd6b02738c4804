import { Controller, Get, Post, type Type } from '@nestjs/common';
import { importJWK, SignJWT } from 'jose';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  type EieError,
  type ExecutionIdentityEnvelope,
  Identity,
  RequireScopes,
  type TargetOptions,
} from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, startMcpApp, type TestApp } from '../support/app.js';
import { claimsOf } from '../support/door.js';
import { type ReceiverApp, startReceiver, trust } from '../support/receiver-app.js';
import {
  ARCHIVE,
  BILLING,
  LEDGER,
  ORDERS,
  ORDERS_CLIENT,
  SERVER_CLIENT,
  startWorld,
  type World,
} from '../support/world.js';

const READ = ['orders:read'];
/** It may call all services here but that of billing. */
const PARTNER = { id: 'partner-bot', targets: ['orders_api', 'archive_api', 'ledger_api'] };
const READ_AND_WRITE = ['orders:read', 'orders:write'];

const seen = ({ actor, authorization, delegation, meta }: ExecutionIdentityEnvelope) => ({
  sub: actor.sub,
  txn: meta.id,
  scopes: authorization.scopes,
  allowed: delegation.allowed,
  onward: delegation.onward,
});
const refusalOf = (calling: Promise<Response>) =>
  calling.then(
    ({ status }) => ({ status }),
    (error: EieError) => ({ code: error.code }),
  );

@ToolController()
class OrderTools {
  @Tool({ name: 'orders', description: 'What the orders service answers at a path' })
  @RequireScopes('orders:read')
  async orders(@Delegated('orders_api') orders: DelegatedFetch) {
    return {
      archived: await orders.json('/orders/archived'),
      rewritten: await orders.json('/orders/rewritten'),
      billed: await orders.json('/orders/billed'),
    };
  }
}

@Controller('orders')
class Orders {
  @Get('archived')
  @RequireScopes('orders:read')
  async archived(@Identity() identity: ExecutionIdentityEnvelope, @Delegated('archive_api') archive: DelegatedFetch) {
    return { orders: seen(identity), ...(await archive.json<object>('/documents')) };
  }

  /** It may write here, and tries to write there. */
  @Get('rewritten')
  @RequireScopes('orders:write')
  rewritten(@Delegated('archive_api') archive: DelegatedFetch) {
    return refusalOf(archive('/documents', { method: 'POST' }));
  }

  @Get('billed')
  @Authenticated()
  billed(@Delegated('billing_api') billing: DelegatedFetch) {
    return refusalOf(billing('/balance'));
  }
}

@Controller('documents')
class Archive {
  @Get()
  @RequireScopes('orders:read')
  async list(
    @Identity() identity: ExecutionIdentityEnvelope,
    @Delegated('ledger_api') ledger: DelegatedFetch,
    @Delegated('orders_api') orders: DelegatedFetch,
  ) {
    return {
      archive: seen(identity),
      ledger: await ledger.json('/entries'),
      back: await refusalOf(orders('/orders/rewritten')),
    };
  }

  @Post()
  @RequireScopes('orders:write')
  add(@Identity() identity: ExecutionIdentityEnvelope) {
    return seen(identity);
  }
}

@Controller()
class Last {
  @Get('entries')
  @Authenticated()
  entries(@Identity() identity: ExecutionIdentityEnvelope) {
    return seen(identity);
  }

  @Get('balance')
  @Authenticated()
  balance(@Identity() identity: ExecutionIdentityEnvelope) {
    return seen(identity);
  }
}

describe.each(ADAPTERS)('the rights of a call onward, on %s', adapter => {
  let world: World;
  let [shop, orders, archive, ledger, billing] = [] as unknown as [
    TestApp,
    ReceiverApp,
    ReceiverApp,
    ReceiverApp,
    ReceiverApp,
  ];
  const target = (baseUrl: string, resource: string, scopes: string[]): TargetOptions => ({
    mode: 'service_identity',
    baseUrl,
    issuer: world.issuer,
    resource,
    scopes,
  });

  beforeAll(async () => {
    world = await startWorld();
    const receiver = (service: string, resource: string, controller: Type, targets = {}) =>
      startReceiver(world, {
        adapter,
        service,
        resource,
        controllers: [controller],
        options: {
          issuers: [world.issuerOptions({ audience: [resource], client: world.ordersClient })],
          trust: trust(world, [
            { issuer: world.issuer, clientId: SERVER_CLIENT },
            { issuer: world.issuer, clientId: ORDERS_CLIENT, forwards: true },
          ]),
          targets,
        },
      });
    ledger = await receiver('ledger_api', LEDGER, Last);
    billing = await receiver('billing_api', BILLING, Last);
    archive = await receiver('archive_api', ARCHIVE, Archive, {
      ledger_api: target(ledger.url, LEDGER, ['ledger:read', 'ledger:write']),
      orders_api: target('http://127.0.0.1:1', ORDERS, READ_AND_WRITE),
    });
    orders = await receiver('orders_api', ORDERS, Orders, {
      archive_api: target(archive.url, ARCHIVE, READ_AND_WRITE),
      billing_api: target(billing.url, BILLING, ['billing:read']),
    });
    shop = await startMcpApp(world, {
      adapter,
      providers: [OrderTools],
      options: {
        issuers: [world.issuerOptions({ agents: { 'desk-copilot': PARTNER, assistant: 'agent-assistant' } })],
        signing: { keys: world.sealing.keys },
        targets: {
          orders_api: {
            ...target('https://orders.shop.test', ORDERS, READ_AND_WRITE),
            mode: 'on_behalf_of',
            onward: { archive_api: READ, ledger_api: ['ledger:read'], billing_api: ['billing:read'] },
            tenants: { acme: { baseUrl: orders.url } },
          },
        },
      },
    });
  });
  afterAll(() => Promise.all([shop, orders, archive, ledger, billing, world].map(one => one?.close())));

  async function callOrders(clientId = 'assistant', more = '') {
    const scope = `orders:read orders:write ledger:read ledger:write ${more}`;
    const client = await connect(shop.url, world.userToken({ clientId, scope }));
    try {
      return (await callTool(client, 'orders')).json;
    } finally {
      await client.close();
    }
  }
  /** What a service was last sent. */
  const last = ({ received }: ReceiverApp) => received.at(-1)! as Record<'authorization' | 'txn-token', string>;

  /** A token of the orders service with all that its issuer gives it. */
  async function wideToken(resource: string, scope: string): Promise<string> {
    const { clientId, auth } = world.ordersClient;
    const response = await fetch(`${world.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${auth.secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }),
    });
    return `Bearer ${((await response.json()) as { access_token: string }).access_token}`;
  }

  /** The same claims and other onward rights, by the key of the sealing server. */
  async function resealed(jws: string, eie: object): Promise<string> {
    const claims = claimsOf(jws);
    const [key] = world.sealing.keys;
    return new SignJWT({ ...claims, tctx: { eie: { ...claims.tctx.eie, ...eie } } })
      .setProtectedHeader({ alg: 'ES256', typ: 'txntoken+jwt', kid: key!.kid! })
      .sign(await importJWK(key!, 'ES256'));
  }

  it('are those sealed for each service: the first may write, and the next one believes that it may read', async () => {
    const { archived } = await callOrders();
    const onward = { archive_api: READ, ledger_api: ['ledger:read'] };
    const same = { sub: 'alice', allowed: ['orders_api', 'archive_api', 'ledger_api'], onward };
    expect(archived.orders).toMatchObject({ ...same, scopes: READ_AND_WRITE });
    expect(archived.archive).toMatchObject({ ...same, scopes: READ, txn: archived.orders.txn });
    expect(claimsOf(last(archive)['txn-token'])).toMatchObject({ scope: 'orders:read orders:write' });
  });

  it('do not grow with the access token of the service that calls', async () => {
    await callOrders();
    const headers = {
      authorization: await wideToken(ARCHIVE, 'orders:read orders:write'),
      'txn-token': last(archive)['txn-token'],
    };
    expect(claimsOf(headers.authorization).scope).toBe('orders:read orders:write');
    const read = await fetch(`${archive.url}/documents`, { headers });
    expect(await read.json()).toMatchObject({ archive: { scopes: READ } });
    const write = await fetch(`${archive.url}/documents`, { method: 'POST', headers });
    expect(write.status).toBe(403);
    expect(archive.auditLog.last('authorization.refused')).toMatchObject({
      actor_sub: 'alice',
      handler: 'Archive.add',
      reason: 'insufficient_scope',
    });
  });

  it('are not those of the handler that calls: where it may write itself, it asks for a token that reads, and is refused', async () => {
    const { rewritten } = await callOrders();
    expect(rewritten).toEqual({ status: 403 });
    expect(claimsOf(last(archive).authorization)).toMatchObject({ client_id: ORDERS_CLIENT, scope: 'orders:read' });
  });

  it('are sealed for the service after the next one too, and only those are asked for there', async () => {
    const { archived } = await callOrders();
    expect(archived.ledger).toMatchObject({ sub: 'alice', scopes: ['ledger:read'], txn: archived.orders.txn });
    expect(last(ledger)['txn-token']).toBe(last(orders)['txn-token']);
    expect(claimsOf(last(ledger).authorization).scope).toBe('ledger:read');
  });

  it('lead nowhere back: the service that it was sealed for is no onward service, and nothing is sent there', async () => {
    const { archived } = await callOrders();
    expect(archived.back).toEqual({ code: 'target_not_received' });
    expect(archive.auditLog.last('delegation.refused')).toMatchObject({
      actor_sub: 'alice',
      target: 'orders_api',
      reason: 'target_not_received',
    });
  });

  it('where the user holds none of them, the service is not named: it is neither called nor convinced', async () => {
    const before = billing.received.length;
    const { billed } = await callOrders();
    expect(billed).toEqual({ code: 'target_not_received' });
    expect(billing.received).toHaveLength(before);
    const headers = {
      authorization: await wideToken(BILLING, 'billing:read'),
      'txn-token': last(orders)['txn-token'],
    };
    expect((await fetch(`${billing.url}/balance`, { headers })).status).toBe(401);
    expect(billing.auditLog.last('admission.refused').reason).toBe('service_not_named');
  });

  it('end at the targets of the agent: a service that it may not call itself is not named, whatever the user holds there', async () => {
    expect((await callOrders('assistant', 'billing:read')).billed).toEqual({ status: 200 });
    const before = billing.received.length;
    const { billed, archived } = await callOrders('desk-copilot', 'billing:read');
    expect(billed).toEqual({ code: 'target_not_received' });
    expect(billing.received).toHaveLength(before);
    expect(archived.orders).toMatchObject({
      allowed: PARTNER.targets,
      onward: { archive_api: READ, ledger_api: ['ledger:read'] },
    });
  });

  it('are never those of the first service: a Txn-Token that names services and no rights for them is refused', async () => {
    await callOrders();
    const genuine = last(archive);
    const send = async (eie: object) => {
      const txn = await resealed(genuine['txn-token'], eie);
      const { status } = await fetch(`${archive.url}/documents`, { headers: { ...genuine, 'txn-token': txn } });
      return status;
    };
    expect(await send({})).toBe(200);
    for (const onward of [undefined, {}, { archive_api: READ }, { archive_api: [], ledger_api: ['ledger:read'] }]) {
      expect(await send({ onward })).toBe(401);
      expect(archive.auditLog.last('admission.refused').reason).toBe('txn_token_invalid');
    }
  });
});
