import { Controller, Get, Post } from '@nestjs/common';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  DelegatesTo,
  DelegationService,
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
import { BILLING, LEDGER, ORDERS, ORDERS_CLIENT, SERVER_CLIENT, startWorld, type World } from '../support/world.js';

const seen = ({ actor, agent, session, authorization, delegation, meta }: ExecutionIdentityEnvelope) => ({
  sub: actor.sub,
  tenant: actor.tenant,
  agent: agent.id,
  txn: meta.id,
  trace: session.trace_id,
  scopes: authorization.scopes,
  allowed: delegation.allowed,
});

@ToolController()
class OrderTools {
  @Tool({ name: 'order_entries', description: 'What the ledger says of the orders' })
  @RequireScopes('orders:read')
  async entries(@Identity() identity: ExecutionIdentityEnvelope, @Delegated('orders_api') orders: DelegatedFetch) {
    return { tool: seen(identity), ...((await (await orders('/orders/entries')).json()) as object) };
  }

  @Tool({ name: 'ledger_entries', description: 'What the ledger says, asked directly' })
  @RequireScopes('ledger:read')
  async direct(@Delegated('ledger_api') ledger: DelegatedFetch) {
    return (await ledger('/entries')).json();
  }

  @Tool({ name: 'balance', description: 'A service that ledger is no part of' })
  @RequireScopes('billing:read')
  async balance(@Delegated('billing_api') billing: DelegatedFetch) {
    return (await billing('/balance')).json();
  }
}

@Controller('orders')
class Orders {
  constructor(private readonly delegation: DelegationService) {}

  @Get('entries')
  @RequireScopes('orders:read')
  async entries(@Identity() identity: ExecutionIdentityEnvelope, @Delegated('ledger_api') ledger: DelegatedFetch) {
    return { orders: seen(identity), ledger: await (await ledger('/entries')).json() };
  }

  /** Tries a service that it is configured for and that the caller did not name. */
  @Get('balance')
  @Authenticated()
  @DelegatesTo('billing_api')
  async balance(@Identity() identity: ExecutionIdentityEnvelope) {
    return this.delegation
      .for(
        identity,
        'billing_api',
      )('/')
      .then(
        () => 'called',
        (error: EieError) => ({ code: error.code }),
      );
  }
}

@Controller('balance')
class Billing {
  @Get()
  @Authenticated()
  balance(@Identity() identity: ExecutionIdentityEnvelope) {
    return seen(identity);
  }
}

@Controller('entries')
class Ledger {
  @Get()
  @RequireScopes('ledger:read')
  list(@Identity() identity: ExecutionIdentityEnvelope) {
    return seen(identity);
  }

  @Post()
  @RequireScopes('ledger:write')
  add(@Identity() identity: ExecutionIdentityEnvelope) {
    return seen(identity);
  }
}

const presentersOf = (world: World) => [
  { issuer: world.issuer, clientId: SERVER_CLIENT },
  { issuer: world.issuer, clientId: ORDERS_CLIENT, forwards: true },
];
const target = (
  world: World,
  baseUrl: string,
  rest: Pick<TargetOptions, 'resource' | 'scopes'> & Partial<TargetOptions>,
): TargetOptions => ({
  mode: 'service_identity',
  baseUrl,
  issuer: world.issuer,
  ...rest,
});

describe.each(ADAPTERS)('a call onward, on %s', adapter => {
  let world: World;
  let [shop, orders, ledger, billing] = [] as unknown as [TestApp, ReceiverApp, ReceiverApp, ReceiverApp];
  /** What the operator of the orders service and of the ledger is told. */
  const lines: string[] = [];
  const diagnostics = { report: ({ message }: { message: string }) => void lines.push(message) };

  beforeAll(async () => {
    world = await startWorld();
    ledger = await startReceiver(world, {
      adapter,
      service: 'ledger_api',
      resource: LEDGER,
      controllers: [Ledger],
      options: { trust: trust(world, presentersOf(world)), ports: { diagnostics } },
    });
    billing = await startReceiver(world, {
      adapter,
      service: 'billing_api',
      resource: BILLING,
      controllers: [Billing],
    });
    orders = await startReceiver(world, {
      adapter,
      service: 'orders_api',
      resource: ORDERS,
      controllers: [Orders],
      options: {
        issuers: [world.issuerOptions({ audience: [ORDERS], client: world.ordersClient })],
        ports: { diagnostics },
        targets: {
          // More than the caller lets it use there.
          ledger_api: target(world, ledger.url, { resource: LEDGER, scopes: ['ledger:read', 'ledger:write'] }),
          billing_api: target(world, billing.url, { resource: BILLING, scopes: ['billing:read'] }),
        },
      },
    });
    shop = await startMcpApp(world, {
      adapter,
      providers: [OrderTools],
      options: {
        signing: { keys: world.sealing.keys },
        targets: {
          orders_api: target(world, orders.url, {
            mode: 'on_behalf_of',
            resource: ORDERS,
            scopes: ['orders:read'],
            onward: { ledger_api: ['ledger:read'] },
          }),
          ledger_api: target(world, ledger.url, { resource: LEDGER, scopes: ['ledger:read'] }),
          billing_api: target(world, billing.url, { resource: BILLING, scopes: ['billing:read'] }),
        },
      },
    });
  });
  afterAll(() => Promise.all([shop, orders, ledger, billing, world].map(one => one?.close())));

  async function tool(name: string) {
    const client = await connect(
      shop.url,
      world.userToken({ clientId: 'assistant', scope: 'orders:read billing:read ledger:read ledger:write' }),
    );
    try {
      return (await callTool(client, name)).json;
    } finally {
      await client.close();
    }
  }
  /** What a service was last sent. */
  const last = ({ received }: ReceiverApp) => received.at(-1)! as Record<'authorization' | 'txn-token', string>;

  const send = async (to: ReceiverApp, path: string, headers: Record<string, string>, method = 'GET') => {
    const { status } = await fetch(`${to.url}${path}`, { method, headers });
    return { status, reason: status === 401 ? to.auditLog.last('admission.refused').reason : undefined };
  };

  /** A token of the orders service, asked for by the book. */
  async function ordersToken(scope: string): Promise<string> {
    const {
      clientId,
      auth: { secret },
    } = world.ordersClient;
    const response = await fetch(`${world.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: LEDGER, scope }),
    });
    return `Bearer ${((await response.json()) as { access_token: string }).access_token}`;
  }

  it('is made in the same identity: user, agent, transaction and trace are the same at each hop', async () => {
    const answer = await tool('order_entries');
    const { txn, trace } = answer.tool;
    const same = { sub: 'alice', tenant: 'acme', agent: 'agent-assistant', txn, trace };
    expect(answer).toMatchObject({ tool: same, orders: same, ledger: same });
    expect(answer.orders).toMatchObject({ scopes: ['orders:read'], allowed: ['orders_api', 'ledger_api'] });
    expect(answer.ledger).toMatchObject({ scopes: ['ledger:read'], allowed: ['orders_api', 'ledger_api'] });
  });

  it('carries the Txn-Token byte for byte, beside a token of the forwarding service that names no user', async () => {
    await tool('order_entries');
    expect(last(ledger)['txn-token']).toBe(last(orders)['txn-token']);
    const own = claimsOf(last(ledger).authorization);
    expect(own).toMatchObject({ aud: LEDGER, client_id: ORDERS_CLIENT, sub: ORDERS_CLIENT, scope: 'ledger:read' });
    expect(JSON.stringify(own)).not.toContain('alice');
  });

  it('is on the audit log of both services with who acts, and with the envelope of the first hop', async () => {
    const {
      tool: { txn },
    } = await tool('order_entries');
    const acts = { actor_sub: 'alice', agent_id: 'agent-assistant', envelope_id: txn };
    expect(orders.auditLog.last('delegation.intent')).toMatchObject({
      ...acts,
      target: 'ledger_api',
      delegation_mode: 'service_identity',
    });
    expect(orders.auditLog.last('delegation.outcome')).toMatchObject({ ...acts, outcome: 'ok' });
    expect(ledger.auditLog.last('execution.intent')).toMatchObject({ ...acts, handler: 'Ledger.list' });
  });

  it('is refused for a service that the Txn-Token does not name, before anything is sent', async () => {
    await tool('order_entries');
    const before = billing.received.length;
    const response = await fetch(`${orders.url}/orders/balance`, { headers: last(orders) });
    expect(await response.json()).toEqual({ code: 'target_not_received' });
    expect(billing.received).toHaveLength(before);
    expect(orders.auditLog.last('delegation.refused')).toMatchObject({
      actor_sub: 'alice',
      target: 'billing_api',
      reason: 'target_not_received',
    });
  });

  it('to such a service sends the operator to the server that seals, and not to the handler that declares it', async () => {
    await tool('order_entries');
    lines.length = 0;
    await fetch(`${orders.url}/orders/balance`, { headers: last(orders) });
    expect(lines).toEqual([
      expect.stringMatching(/^target_not_received .*the server which seals lists for this target in "onward"/),
    ]);
    expect(lines[0]).not.toContain('@Delegated');
  });

  it('gives no right that the caller did not seal, whatever token the forwarding service gets', async () => {
    await tool('order_entries');
    const wide = {
      authorization: await ordersToken('ledger:read ledger:write'),
      'txn-token': last(orders)['txn-token'],
    };
    expect(await send(ledger, '/entries', wide)).toMatchObject({ status: 200 });
    lines.length = 0;
    expect(await send(ledger, '/entries', wide, 'POST')).toMatchObject({ status: 403 });
    expect(lines).toEqual([expect.stringMatching(/^insufficient_scope .*Both credentials must have these scopes/)]);
    expect(lines[0]).not.toContain('Have the client ask');
  });

  it('is not to be made with a Txn-Token for a direct call, nor a direct call with one that was passed on', async () => {
    await tool('ledger_entries');
    const direct = last(ledger);
    await tool('order_entries');
    const onward = last(ledger);
    expect(await send(ledger, '/entries', direct)).toMatchObject({ status: 200 });
    expect(await send(ledger, '/entries', { ...direct, authorization: onward.authorization })).toEqual({
      status: 401,
      reason: 'credential_mismatch',
    });
    expect(await send(ledger, '/entries', { ...onward, authorization: direct.authorization })).toEqual({
      status: 401,
      reason: 'credential_mismatch',
    });
  });

  it('is not to be made with the token of the first hop, nor with a Txn-Token that does not name the service', async () => {
    await tool('order_entries');
    const [first, onward] = [last(orders), last(ledger)];
    expect(await send(ledger, '/entries', first)).toEqual({ status: 401, reason: 'audience_refused' });
    await tool('balance');
    expect(await send(ledger, '/entries', { ...onward, 'txn-token': last(billing)['txn-token'] })).toEqual({
      status: 401,
      reason: 'service_not_named',
    });
  });
});
