import { decodeJwt } from 'jose';
import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { callTool, connect, startMcpApp, type TestApp } from '../../support/app.js';
import { BillingController, billingTarget } from '../../support/orders.js';
import { type ReceiverApp, startReceiver } from '../../support/receiver-app.js';
import { BILLING, SERVER_CLIENT, startWorld, type World } from '../../support/world.js';

@ToolController()
class BillingTools {
  @Tool({ name: 'get_balance' })
  @RequireScopes('profile:read')
  async balance(@Delegated('billing_api') billing: DelegatedFetch) {
    return (await billing('balance')).json();
  }
}

describe('a target called with the identity of the server', () => {
  let world: World;
  let billing: ReceiverApp;
  let app: TestApp;

  beforeAll(async () => {
    world = await startWorld();
    billing = await startReceiver(world, {
      service: 'billing_api',
      resource: BILLING,
      controllers: [BillingController],
      adapter: 'fastify',
    });
    const targets = { billing_api: billingTarget(world, billing.url) };
    app = await startMcpApp(world, {
      providers: [BillingTools],
      options: { targets, signing: { keys: world.sealing.keys } },
    });
  });
  afterAll(async () => {
    await app?.close();
    await billing?.close();
    await world?.close();
  });

  async function getBalance(token: string) {
    const client = await connect(app.url, token);
    const answer = await callTool(client, 'get_balance');
    await client.close();
    return answer;
  }

  it('gets the token of the server, which says nothing of the user, and the user in the sealed envelope', async () => {
    const answer = await getBalance(world.userToken({ scope: 'profile:read billing:read' }));
    expect(answer.json).toMatchObject({
      sub: 'alice',
      tenant: 'acme',
      agent: 'agent-desk-copilot',
      mode: 'service_identity',
      scopes: ['billing:read'],
    });
    const { authorization, 'txn-token': txnToken } = billing.received.at(-1)!;
    expect(decodeJwt(authorization!.slice(7))).toMatchObject({
      sub: SERVER_CLIENT,
      aud: BILLING,
      scope: 'billing:read',
    });
    expect(decodeJwt(txnToken as string)).toMatchObject({ sub: 'alice', scope: 'billing:read' });
  });

  it('serves a machine client as the service that it is', async () => {
    const answer = await getBalance(await world.machineToken('profile:read billing:read'));
    expect(answer.json).toMatchObject({ sub: 'night-batch' });
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({
      actor_type: 'service',
      actor_sub: 'night-batch',
      delegation_mode: 'service_identity',
      delegation_requested: null,
      delegation_effective: null,
      outcome: 'ok',
    });
  });

  it('is not called for a user who holds none of its scopes, although the server could', async () => {
    const before = billing.received.length;
    expect(await getBalance(world.userToken({ scope: 'profile:read' }))).toMatchObject({
      isError: true,
      code: 'delegation_scope_empty',
    });
    expect(billing.received).toHaveLength(before);
    expect(app.auditLog.last('delegation.refused')).toMatchObject({
      actor_sub: 'alice',
      target: 'billing_api',
      reason: 'delegation_scope_empty',
    });
  });
});
