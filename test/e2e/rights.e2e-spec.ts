import { Controller, Get } from '@nestjs/common';
import { type AgentOptions, type AgentQuestion, AgentSource, Authenticated, RequireScopes } from 'nestjs-eie';
import { Resource, Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, ERAS, startApp, startMcpApp, type TestApp } from '../support/app.js';
import { startDelegating } from '../support/delegating-app.js';
import { startLoopback } from '../support/loopback.js';
import { ordersTarget } from '../support/orders.js';
import { startWorld, type World } from '../support/world.js';

@ToolController()
class OrderTools {
  @Tool({ name: 'read' }) @RequireScopes('orders:read') read() {
    return 'read';
  }

  @Tool({ name: 'write' }) @RequireScopes('orders:write') write() {
    return 'written';
  }

  @Tool({ name: 'greet' }) @Authenticated() greet() {
    return 'hello';
  }

  @Resource({ uri: 'shop://open', name: 'open' }) @Authenticated() open() {
    return 'open';
  }
}

@Controller('orders')
class OrdersController {
  @Get() @RequireScopes('orders:write') write() {
    return 'written';
  }
}

const BOTH = 'orders:read orders:write';

describe('what an agent may do', () => {
  let world: World;
  let app: TestApp | undefined;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });
  afterAll(() => world?.close());

  const limited = (agents: Record<string, string | AgentOptions>, changes = {}) => ({
    issuers: [world.issuerOptions({ agents, ...changes })],
  });
  const byCopilot = (scope = BOTH, claims: Record<string, unknown> = {}) =>
    world.userToken({ clientId: 'desk-copilot', scope, claims });
  const refusals = () =>
    app!.auditLog.events.flatMap(({ type, reason, handler }) =>
      type.endsWith('.refused') ? [{ handler, reason }] : [],
    );

  describe.each(ADAPTERS)('on %s', adapter => {
    it.each(ERAS)('is what the token and its ceiling both allow, in lists, calls and records of %s', async era => {
      const agents = { 'desk-copilot': { id: 'copilot', scopes: ['orders:read'], tools: ['read', 'write'] } };
      app = await startMcpApp(world, { adapter, providers: [OrderTools], options: limited(agents) });
      const client = await connect(app.url, byCopilot(), era);
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['read']);
      expect((await client.listResources()).resources).toEqual([]);
      expect(await callTool(client, 'read')).toMatchObject({ isError: false, text: 'read' });
      expect(await callTool(client, 'write')).toMatchObject({ isError: true, code: 'agent_not_allowed' });
      expect(await callTool(client, 'greet')).toMatchObject({ isError: true, code: 'agent_not_allowed' });
      expect(refusals()).toEqual([
        { handler: 'write', reason: 'agent_not_allowed' },
        { handler: 'greet', reason: 'agent_not_allowed' },
      ]);
      await client.close();
    });

    it('is not asked of the user again: a scope that the agent may not use is 403 without a challenge', async () => {
      app = await startApp(world, {
        adapter,
        controllers: [OrdersController],
        options: limited({ 'desk-copilot': { id: 'copilot', scopes: ['orders:read'] } }),
      });
      const get = (scope: string) =>
        fetch(`${app!.url}/orders`, { headers: { authorization: `Bearer ${byCopilot(scope)}` } });
      const [denied, lacking] = [await get(BOTH), await get('orders:read')];
      expect([denied.status, denied.headers.get('www-authenticate')]).toEqual([403, null]);
      expect(lacking.headers.get('www-authenticate')).toContain('scope="orders:write"');
      expect(refusals().map(({ reason }) => reason)).toEqual(['agent_not_allowed', 'insufficient_scope']);
    });
  });

  it('is nothing where its list is empty, and as before where nothing is said of it', async () => {
    const agents = { 'desk-copilot': { id: 'copilot', scopes: [] }, assistant: 'agent-assistant' };
    app = await startMcpApp(world, { providers: [OrderTools], options: limited(agents) });
    const listed = async (clientId: string) => {
      const client = await connect(app!.url, world.userToken({ clientId, scope: BOTH }));
      return (await client.listTools()).tools.map(({ name }) => name);
    };
    expect(await listed('desk-copilot')).toEqual(['greet']);
    expect(await listed('assistant')).toEqual(['read', 'write', 'greet']);
  });

  it('is the lower scope where the ceiling allows only what the scope of the token implies', async () => {
    app = await startMcpApp(world, {
      providers: [OrderTools],
      options: {
        ...limited({ 'desk-copilot': { id: 'copilot', scopes: ['orders:read'] } }),
        authorization: { scopeHierarchy: { 'orders:write': ['orders:read'] } },
      },
    });
    const client = await connect(app.url, byCopilot('orders:write'));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['read', 'greet']);
  });

  it('ends at its tenants: in another one it gets nothing at all, and the refusal is recorded with its name', async () => {
    const agents = { 'desk-copilot': { id: 'copilot', tenants: ['globex'] } };
    app = await startMcpApp(world, { providers: [OrderTools], options: limited(agents) });
    await expect(connect(app.url, byCopilot())).rejects.toThrow();
    expect(app.auditLog.last('admission.refused')).toMatchObject({
      reason: 'agent_not_allowed',
      actor_sub: 'alice',
      agent_id: 'copilot',
      tenant: 'acme',
    });
  });

  it('is limited under the name in `act`, too, by whichever client it comes', async () => {
    const agents = { 'some-client': { id: 'agent-assistant', scopes: ['orders:read'] } };
    app = await startMcpApp(world, { providers: [OrderTools], options: limited(agents) });
    const client = await connect(app.url, world.userToken({ clientId: 'assistant', scope: BOTH }));
    expect(await callTool(client, 'write')).toMatchObject({ code: 'agent_not_allowed' });
    expect(app.auditLog.last('authorization.refused')).toMatchObject({ agent_id: 'agent-assistant' });
  });

  it('is limited by the tenant, whoever acts in it', async () => {
    const tenants = { acme: { scopes: ['orders:read'], agents: ['copilot'] }, globex: {} };
    app = await startMcpApp(world, {
      providers: [OrderTools],
      options: limited({ 'desk-copilot': 'copilot', assistant: 'agent-assistant' }, { tenants }),
    });
    const client = await connect(app.url, byCopilot());
    expect(await callTool(client, 'write')).toMatchObject({ code: 'tenant_not_allowed' });
    await expect(connect(app.url, world.userToken({ clientId: 'assistant', scope: BOTH }))).rejects.toThrow();
    expect(app.auditLog.last('admission.refused')).toMatchObject({ reason: 'tenant_not_allowed' });
    const elsewhere = await connect(app.url, byCopilot(BOTH, { tenant: 'globex' }));
    expect(await callTool(elsewhere, 'write')).toMatchObject({ isError: false });
  });

  it('ends at its targets: the handler runs, and a call of another target is refused before anything is sent', async () => {
    const api = await startLoopback();
    const delegating = await startDelegating(world, {
      options: {
        ...limited({ 'desk-copilot': { id: 'copilot', targets: [] } }),
        targets: { orders_api: ordersTarget(world, api.url) },
      },
    });
    app = delegating;
    const call = delegating.as(byCopilot(), async orders => orders('/orders/1'));
    await expect(call).rejects.toMatchObject({ code: 'agent_not_allowed' });
    expect(refusals()).toEqual([expect.objectContaining({ reason: 'agent_not_allowed' })]);
    expect(app.auditLog.types()).not.toContain('delegation.intent');
    await api.close();
  });

  describe('as a source outside the configuration says,', () => {
    class Table extends AgentSource {
      readonly asked: Omit<AgentQuestion, 'signal'>[] = [];
      answer: (question: Omit<AgentQuestion, 'signal'>) => AgentOptions | undefined = () => undefined;

      async find({ signal: _signal, ...question }: AgentQuestion) {
        this.asked.push(question);
        return this.answer(question);
      }
    }
    let [table, now] = [new Table(), Date.now()];
    beforeEach(async () => {
      [table, now] = [new Table(), Date.now()];
      app = await startMcpApp(world, {
        providers: [OrderTools],
        options: { ...limited({}), ports: { agents: table, clock: () => now } },
      });
    });
    const listed = async (token = byCopilot()) => {
      const client = await connect(app!.url, token);
      const { tools } = await client.listTools();
      await client.close();
      return tools.map(({ name }) => name);
    };

    it('is asked once a minute, by names that are verified, and a change counts then', async () => {
      table.answer = () => ({ id: 'copilot', scopes: ['orders:read'] });
      const token = byCopilot();
      expect(await listed(token)).toEqual(['read', 'greet']);
      table.answer = () => ({ id: 'copilot', scopes: [] });
      expect(await listed(token)).toEqual(['read', 'greet']);
      now += 61_000;
      expect(await listed(token)).toEqual(['greet']);
      expect(table.asked).toEqual(
        [1, 2].map(() => ({ issuer: world.issuer, clientId: 'desk-copilot', tenant: 'acme' })),
      );
      expect(app!.auditLog.events.at(-1)).toMatchObject({ agent_id: 'copilot' });
    });

    it('names the agent of `act` in the question, and is asked about its client too', async () => {
      await listed(world.userToken({ clientId: 'assistant', scope: BOTH }));
      const client = { issuer: world.issuer, clientId: 'assistant', tenant: 'acme' };
      expect(table.asked).toEqual([{ ...client, agent: 'agent-assistant' }, client]);
    });

    it.each<[who: string, act: object]>([
      ['nobody knows', { sub: 'someone' }],
      ['the options register', { sub: 'agent-desk' }],
      ['another issuer names', { iss: 'https://other.test', sub: 'bot' }],
    ])('limits a client whose token names an agent in `act` that %s', async (_who, act) => {
      await app!.close();
      app = await startMcpApp(world, {
        providers: [OrderTools],
        options: { ...limited({ 'desk-copilot': 'agent-desk' }), ports: { agents: table } },
      });
      table.answer = ({ agent }) => (agent === undefined ? { id: 'limited', scopes: ['orders:read'] } : undefined);
      expect(await listed(world.userToken({ clientId: 'assistant', scope: BOTH, claims: { act } }))).toEqual([
        'read',
        'greet',
      ]);
    });

    it('registers the agent of `act` only by an entry of that id: one of another id limits it, and no more', async () => {
      await app!.close();
      app = await startMcpApp(world, {
        providers: [OrderTools],
        options: { ...limited({}), ports: { agents: table }, authorization: { unregisteredAgents: 'refuse' } },
      });
      table.answer = ({ clientId }) =>
        clientId === 'assistant' ? { id: 'support', scopes: ['orders:read'] } : undefined;
      const byAct = (claims: Record<string, unknown>) =>
        world.userToken({ clientId: 'assistant', scope: BOTH, claims });
      await expect(listed(byAct({ act: { sub: 'admin-copilot' } }))).rejects.toThrow();
      expect(app.auditLog.last('admission.refused')).toMatchObject({
        reason: 'agent_unregistered',
        agent_id: 'admin-copilot',
      });
      await expect(listed(byAct({ act: { iss: 'https://other.test', sub: 'support' } }))).rejects.toThrow();
      expect(await listed(byAct({ act: { sub: 'support' } }))).toEqual(['read', 'greet']);
    });

    it('limits an agent that a claim names, and leaves the ceiling of its client in force', async () => {
      await app!.close();
      const agents = { 'desk-copilot': { id: 'copilot', tools: ['read', 'write'] } };
      app = await startMcpApp(world, {
        providers: [OrderTools],
        options: { ...limited(agents, { claims: { agent: 'agent_id' } }), ports: { agents: table } },
      });
      table.answer = () => ({ id: 'bot', scopes: ['orders:read'] });
      expect(await listed(byCopilot(BOTH, { agent_id: 'bot' }))).toEqual(['read']);
      expect(table.asked).toEqual([{ issuer: world.issuer, clientId: 'desk-copilot', agent: 'bot', tenant: 'acme' }]);
    });

    it.each<[what: string, answer: () => AgentOptions]>([
      [
        'fails',
        () => {
          throw new Error('no connection');
        },
      ],
      ['gives a ceiling that cannot be read', () => ({ id: 'copilot', scope: ['orders:read'] }) as never],
    ])('refuses every call with 503 where the source %s', async (_what, answer) => {
      table.answer = answer;
      const response = await fetch(`${app!.url}/mcp`, {
        method: 'POST',
        headers: { authorization: `Bearer ${byCopilot()}`, 'content-type': 'application/json' },
        body: '{}',
      });
      expect(response.status).toBe(503);
      expect(app!.auditLog.last('admission.refused')).toMatchObject({ reason: 'agents_unavailable' });
    });
  });

  it.each<[what: string, options: object]>([
    ['an unknown word in the entry of an agent', { agents: { 'desk-copilot': { id: 'copilot', scope: [] } } }],
    ['an entry without an id', { agents: { 'desk-copilot': { scopes: [] } } }],
    ['a ceiling that is no list', { agents: { 'desk-copilot': { id: 'copilot', scopes: 'orders:read' } } }],
    ['an unknown word in the entry of a tenant', { tenants: { acme: { scope: [] } } }],
    ['no tenant at all', { tenants: {} }],
  ])('stops the application where the configuration has %s', async (_what, changes) => {
    const start = startMcpApp(world, { providers: [OrderTools], options: { issuers: [world.issuerOptions(changes)] } });
    await expect(start).rejects.toThrow(/issuers\[0\]\.(agents|tenants)/);
  });
});
