import { type Client, InsufficientScopeError } from '@modelcontextprotocol/client';
import { Authenticated, RequireAnyScope, RequireScopes } from 'nestjs-eie';
import { Prompt, Resource, ResourceTemplate, Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

@ToolController()
class Everything {
  @Tool({ name: 'zeta' }) @Authenticated() zeta() {}
  @Tool({ name: 'read' }) @RequireScopes('orders:read') read() {}
  @Tool({ name: 'write' }) @RequireScopes('orders:read', 'orders:write') write() {}
  @Tool({ name: 'alpha' }) @RequireAnyScope('billing:read', 'orders:read') either() {}

  @Resource({ uri: 'shop://open', name: 'open' }) @Authenticated() open() {}
  @Resource({ uri: 'shop://ledger', name: 'ledger' }) @RequireScopes('ledger:read') ledger() {}

  @ResourceTemplate({ uriTemplate: 'orders://{id}', name: 'order' }) @RequireScopes('orders:read') order() {}
  @ResourceTemplate({ uriTemplate: 'ledger://{id}', name: 'entry' }) @RequireScopes('ledger:read') entry() {}

  @Prompt({ name: 'greet' }) @Authenticated() greet() {}
  @Prompt({ name: 'reorder' }) @RequireScopes('orders:write') reorder() {}
}

/** Each name is of two things, of which one needs more. */
@ToolController()
class Namesakes {
  @Tool({ name: 'one' }) @Authenticated() tool() {}
  @Prompt({ name: 'one' }) @RequireScopes('ledger:read') prompt() {}
  @ResourceTemplate({ uriTemplate: 'two://{id}', name: 'two' }) @Authenticated() template() {}
  @Tool({ name: 'two' }) @RequireScopes('ledger:read') hidden() {}
  @Prompt({ name: 'three' }) @Authenticated() anotherPrompt() {}
  @Tool({ name: 'three' }) @RequireScopes('ledger:read') anotherTool() {}
}

const names = (entries: readonly { name: string }[]) => entries.map(({ name }) => name);

async function lists(client: Client) {
  return {
    tools: names((await client.listTools()).tools),
    resources: names((await client.listResources()).resources),
    templates: names((await client.listResourceTemplates()).resourceTemplates),
    prompts: names((await client.listPrompts()).prompts),
  };
}

const READER = { tools: ['zeta', 'read', 'alpha'], resources: ['open'], templates: ['order'], prompts: ['greet'] };
const WRITER = { ...READER, tools: ['zeta', 'read', 'write', 'alpha'], prompts: ['greet', 'reorder'] };
const ACCOUNTANT = { tools: ['zeta'], resources: ['open', 'ledger'], templates: ['entry'], prompts: ['greet'] };

describe.each(ADAPTERS)('what is listed, on %s', adapter => {
  describe.each(ERAS)('to a client of %s,', era => {
    let world: World;
    let app: TestApp;
    beforeAll(async () => {
      world = await startWorld();
      app = await startMcpApp(world, { adapter, providers: [Everything] });
    });
    afterAll(async () => {
      await app?.close();
      await world?.close();
    });

    const listed = async (scope: string, { clientId = 'desk-copilot', sub = 'alice', at = app } = {}) => {
      const client = await connect(at.url, world.userToken({ scope, clientId, sub }), era);
      try {
        return await lists(client);
      } finally {
        await client.close();
      }
    };

    it.each([
      ['orders:read', READER],
      ['orders:read orders:write', WRITER],
      ['ledger:read', ACCOUNTANT],
      ['orders:write', { ...READER, tools: ['zeta'], templates: [], prompts: ['greet', 'reorder'] }],
    ])('is what an identity with %s may use, in the order of the application', async (scope, expected) => {
      expect(await listed(scope)).toEqual(expected);
    });

    it('is one thing for each kind: what shares the name of something hidden is listed', async () => {
      const namesakes = await startMcpApp(world, { adapter, providers: [Namesakes] });
      expect(await listed('orders:read', { at: namesakes })).toEqual({
        tools: ['one'],
        resources: [],
        templates: ['two'],
        prompts: ['three'],
      });
      await namesakes.close();
    });

    it('is the same each time, and each time leaves a record of who asked', async () => {
      app.auditLog.events.length = 0;
      const all = await Promise.all(Array.from({ length: 5 }, () => listed('orders:read')));
      expect(all).toEqual(all.map(() => READER));
      const handlers = app.auditLog.events.map(({ type, handler, actor_sub }) => [type, handler, actor_sub]);
      const lists = ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'];
      for (const list of lists)
        expect(handlers.filter(([, handler]) => handler === `mcp:${list}`)).toEqual(
          all.map(() => ['mcp.request', `mcp:${list}`, 'alice']),
        );
    });

    it('is what a service may use as well', async () => {
      const client = await connect(app.url, await world.machineToken('ledger:read'), era);
      expect(await lists(client)).toEqual(ACCOUNTANT);
      await client.close();
    });

    it('counts scopes that others imply', async () => {
      const implying = await startMcpApp(world, {
        adapter,
        providers: [Everything],
        options: { authorization: { scopeHierarchy: { 'orders:write': ['orders:read'] } } },
      });
      expect(await listed('orders:write', { at: implying })).toEqual(WRITER);
      await implying.close();
    });

    it('ends at what unregistered agents may do, whatever their token says', async () => {
      const options = {
        issuers: [world.issuerOptions({ agents: { assistant: 'agent-assistant' } })],
        authorization: { unregisteredAgents: { scopes: ['orders:read'] } },
      };
      const capped = await startMcpApp(world, { adapter, providers: [Everything], options });
      expect(await listed('orders:read orders:write ledger:read', { at: capped })).toEqual(READER);
      expect(await listed('orders:read orders:write', { at: capped, clientId: 'assistant' })).toEqual(WRITER);
      await capped.close();
    });

    it('never crosses between users who ask at the same time', async () => {
      const users = Array.from({ length: 12 }, (_, i) => ({ sub: `user-${i % 10}`, writes: i % 2 === 0 }));
      const answers = await Promise.all(
        users.map(({ sub, writes }) => listed(writes ? 'orders:read orders:write' : 'orders:read', { sub })),
      );
      expect(answers).toEqual(users.map(({ writes }) => (writes ? WRITER : READER)));
    });

    it('hides no way to more rights: what is called all the same is answered with the scopes of all it needs', async () => {
      const { status, challenge } = await send(
        app.url,
        world.userToken(),
        era,
        message(era, 'tools/call', { name: 'write', arguments: {} }),
      );
      expect(status).toBe(403);
      expect(challenge).toContain('scope="orders:read orders:write"');
      const client = await connect(app.url, world.userToken(), era);
      await expect(callTool(client, 'write')).rejects.toThrow(InsufficientScopeError);
      await client.close();
    });

    it.each(['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'])(
      'may be kept for this identity alone, and not at all without asking again: %s',
      async method => {
        const { messages } = await send(app.url, world.userToken(), era, message(era, method));
        if (era === '2026-07-28') expect(messages[0].result).toMatchObject({ cacheScope: 'private', ttlMs: 0 });
        else expect(messages[0].result).not.toHaveProperty('cacheScope');
      },
    );
  });
});
