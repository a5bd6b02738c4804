import { decodeJwt } from 'jose';
import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, startMcpApp, type TestApp } from '../../support/app.js';
import { OrdersController, ordersTarget } from '../../support/orders.js';
import { type ReceiverApp, startReceiver } from '../../support/receiver-app.js';
import { MCP, ORDERS, SERVER_CLIENT, startWorld, TRUST_DOMAIN, type World } from '../../support/world.js';

@ToolController()
@RequireScopes('orders:read')
class OrderTools {
  @Tool({ name: 'list_orders' })
  async list(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/orders')).json();
  }

  @Tool({ name: 'create_order' })
  async create(@Delegated('orders_api') orders: DelegatedFetch) {
    const response = await orders('/orders', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    return { status: response.status };
  }
}

const bearer = (header: string | undefined) => header?.replace('Bearer ', '') ?? '';

describe.each(ADAPTERS)('a target called on behalf of the user, receiver on %s', adapter => {
  let world: World;
  let orders: ReceiverApp;
  let app: TestApp;

  beforeAll(async () => {
    world = await startWorld();
    orders = await startReceiver(world, {
      adapter,
      service: 'orders_api',
      resource: ORDERS,
      controllers: [OrdersController],
    });
    const targets = { orders_api: ordersTarget(world, `${orders.url}/api`) };
    app = await startMcpApp(world, {
      providers: [OrderTools],
      options: { targets, signing: { keys: world.sealing.keys } },
    });
  });
  afterAll(async () => {
    await app?.close();
    await orders?.close();
    await world?.close();
  });

  async function call(token: string, tool = 'list_orders') {
    const client = await connect(app.url, token);
    const answer = await callTool(client, tool);
    await client.close();
    const headers = orders.received.at(-1)!;
    return {
      answer,
      headers,
      access: decodeJwt(bearer(headers.authorization)),
      txn: decodeJwt(headers['txn-token'] as string),
    };
  }

  it('gets a new token: the user as sub, this server as act, its own audience, no wider scope', async () => {
    const token = world.userToken({ scope: 'orders:read billing:read' });
    const { headers, access } = await call(token);
    expect(bearer(headers.authorization)).not.toBe(token);
    expect(access).toMatchObject({
      sub: 'alice',
      tenant: 'acme',
      aud: ORDERS,
      scope: 'orders:read',
      act: { iss: world.issuer, sub: SERVER_CLIENT },
    });
    expect(access.act).not.toHaveProperty('act');
  });

  it('gets the sealed envelope beside it: user, registered agent, mode, only itself allowed', async () => {
    const { txn } = await call(world.userToken({ scope: 'orders:read billing:read' }));
    expect(txn).toMatchObject({
      iss: MCP,
      req_wl: MCP,
      aud: TRUST_DOMAIN,
      sub: 'alice',
      tenant: 'acme',
      scope: 'orders:read',
      client_id: 'desk-copilot',
      act: { iss: world.issuer, sub: 'agent-desk-copilot' },
      rctx: { idp: world.issuer },
      tctx: { eie: { v: 1, agent: 'registry', mode: 'on_behalf_of', allowed: ['orders_api'] } },
    });
    expect(txn.exp! - txn.iat!).toBeLessThanOrEqual(60);
  });

  it('sees the caller by the same @Identity() decorator', async () => {
    const { answer } = await call(world.userToken());
    expect(answer.json).toMatchObject({
      sub: 'alice',
      tenant: 'acme',
      agent: 'agent-desk-copilot',
      scopes: ['orders:read'],
      mode: 'on_behalf_of',
    });
  });

  it('keeps the agent that the authorization server named, under this server, in both credentials', async () => {
    const { access, txn, answer } = await call(world.userToken({ clientId: 'assistant' }));
    expect(access.act).toMatchObject({ sub: SERVER_CLIENT, act: { sub: 'agent-assistant' } });
    expect(txn.act).toMatchObject({ sub: 'agent-assistant' });
    expect(answer.json.agent).toBe('agent-assistant');
  });

  it('can do no more than the user may, whatever the tool tries', async () => {
    const { answer } = await call(world.userToken({ scope: 'orders:read' }), 'create_order');
    expect(answer.json).toEqual({ status: 403 });
    expect(orders.auditLog.last('authorization.refused')).toMatchObject({
      actor_sub: 'alice',
      reason: 'insufficient_scope',
    });
  });

  it('leaves one audit log: intent and outcome of tool and delegation here, of the handler there, joined by one trace', async () => {
    app.auditLog.events.length = orders.auditLog.events.length = 0;
    await call(world.userToken());
    expect(app.auditLog.decisions.map(({ type }) => type)).toEqual([
      'execution.intent',
      'delegation.intent',
      'delegation.outcome',
      'execution.outcome',
    ]);
    expect(orders.auditLog.types()).toEqual(['execution.intent', 'execution.outcome']);
    const [first, ...others] = [...app.auditLog.decisions, ...orders.auditLog.events];
    for (const event of others) {
      expect(event).toMatchObject({
        trace_id: first!.trace_id,
        envelope_id: first!.envelope_id,
        actor_sub: 'alice',
        agent_id: 'agent-desk-copilot',
      });
    }
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({
      handler: 'list_orders',
      target: 'orders_api',
      delegation_mode: 'on_behalf_of',
      delegation_requested: 'delegation',
      delegation_effective: 'delegation',
      outcome: 'ok',
    });
    expect(orders.auditLog.last('execution.outcome').handler).toBe('OrdersController.list');
  });

  it('is refused to a service: there is no user to act for, and nothing is sent', async () => {
    const before = orders.received.length;
    const client = await connect(app.url, await world.machineToken('orders:read'));
    const answer = await callTool(client, 'list_orders');
    await client.close();
    expect(answer).toMatchObject({ isError: true, code: 'delegation_requires_user' });
    expect(orders.received).toHaveLength(before);
    expect(app.auditLog.last('delegation.refused')).toMatchObject({
      actor_type: 'service',
      actor_sub: 'night-batch',
      reason: 'delegation_requires_user',
      target: 'orders_api',
    });
  });
});
