import { Controller, Get } from '@nestjs/common';
import {
  type AgentOptions,
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
  RequireAgent,
  RequireScopes,
} from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { claimsOf } from '../support/door.js';
import { billingTarget } from '../support/orders.js';
import { type ReceiverApp, startReceiver } from '../support/receiver-app.js';
import { BILLING, startWorld, type World } from '../support/world.js';

@Controller('balance')
class Balance {
  @Get()
  @RequireAgent('copilot')
  see(@Identity() { agent }: ExecutionIdentityEnvelope) {
    return { id: agent.id, source: agent.source, registered: agent.registered };
  }
}

@Controller('call')
class Calls {
  @Get()
  @RequireScopes('billing:read')
  async call(@Delegated('billing_api') billing: DelegatedFetch) {
    const response = await billing('/balance');
    return { status: response.status, seen: await response.json() };
  }
}

describe.each(ADAPTERS)('an agent that a service demands, on %s', adapter => {
  let [world, billing] = [] as unknown as [World, ReceiverApp];
  let app: TestApp | undefined;
  beforeAll(async () => {
    world = await startWorld();
    billing = await startReceiver(world, {
      adapter,
      service: 'billing_api',
      resource: BILLING,
      controllers: [Balance],
    });
  });
  afterEach(() => app?.close());
  afterAll(() => Promise.all([billing, world].map(one => one?.close())));

  async function callBy(agents: Record<string, string | AgentOptions>, claims: Record<string, unknown>) {
    app = await startApp(world, {
      adapter,
      controllers: [Calls],
      options: {
        signing: { keys: world.sealing.keys },
        issuers: [world.issuerOptions({ agents })],
        targets: { billing_api: billingTarget(world, billing.url) },
      },
    });
    const token = world.userToken({ clientId: 'desk-copilot', scope: 'billing:read', claims });
    const response = await fetch(`${app.url}/call`, { headers: { authorization: `Bearer ${token}` } });
    return (await response.json()) as { status: number; seen: object };
  }
  const sealed = () => claimsOf(billing.received.at(-1)!['txn-token'] as string).tctx.eie;
  const ACT = { act: { sub: 'copilot' } };

  it('is one that the operator of the caller has registered, under its id or by its client', async () => {
    const byAct = await callBy({ 'some-client': 'copilot' }, ACT);
    expect(byAct).toEqual({ status: 200, seen: { id: 'copilot', source: 'act', registered: true } });
    await app!.close();
    const byClient = await callBy({ 'desk-copilot': 'copilot' }, {});
    expect(byClient).toEqual({ status: 200, seen: { id: 'copilot', source: 'registry', registered: true } });
    expect(sealed()).toMatchObject({ registered: true });
  });

  it.each<[what: string, agents: Record<string, string>, claims: Record<string, unknown>]>([
    ['that `act` names and nobody has registered', {}, ACT],
    [
      'that another issuer names by this id',
      { 'desk-copilot': 'copilot' },
      { act: { iss: 'https://other.test', sub: 'copilot' } },
    ],
    ['that is a client alone, which has this id', {}, { client_id: 'copilot' }],
  ])('is none %s', async (_what, agents, claims) => {
    expect(await callBy(agents, claims)).toMatchObject({ status: 403 });
    expect(billing.auditLog.last('authorization.refused')).toMatchObject({ reason: 'agent_not_allowed' });
    expect(sealed()).not.toHaveProperty('registered');
  });
});
