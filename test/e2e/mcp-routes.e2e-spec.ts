import { Controller, Get } from '@nestjs/common';
import { Authenticated, EieConfigurationError, Identity, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, type EieMcpOptions, Resource, Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, ERAS, startApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { MCP, startWorld, type World } from '../support/world.js';

const DELIVERY = 'https://delivery.shop.test/delivery';

let ran: string[];

@ToolController()
@Authenticated()
class ShopTools {
  @Tool({ name: 'order' })
  order() {
    ran.push('order');
  }

  @Tool({ name: 'same' })
  same() {
    return 'of the shop';
  }
}

@ToolController()
@Authenticated()
class DeliveryTools {
  @Tool({ name: 'deliver' })
  @RequireScopes('deliveries:read')
  deliver() {
    ran.push('deliver');
  }

  @Tool({ name: 'same' })
  same(@Identity('meta.issuer') issuer: string) {
    return `of the delivery, by ${issuer}`;
  }

  @Resource({ uri: 'delivery://areas', name: 'areas' })
  areas() {
    ran.push('areas');
  }
}

@Controller('plain')
class Plain {
  @Get()
  @Authenticated()
  plain() {
    ran.push('plain');
  }
}

const route = (path: string, options: Partial<EieMcpOptions>) =>
  EieMcpModule.register({ path, name: path, version: '1.0.0', ...options });
const METADATA = '/.well-known/oauth-protected-resource';

describe.each(ADAPTERS)('two MCP routes in one application, on %s', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    const imports = [
      route('mcp', { include: [ShopTools] }),
      route('delivery', { include: [DeliveryTools], resource: DELIVERY }),
    ];
    app = await startApp(world, { adapter, imports, providers: [ShopTools, DeliveryTools], controllers: [Plain] });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => {
    ran = [];
    app.auditLog.events.length = 0;
  });

  const tokenFor = (resource: string) =>
    world.userToken({ claims: { aud: resource }, scope: resource === MCP ? 'orders:read' : 'deliveries:read' });
  const SHOP = { path: '/mcp', resource: MCP };
  const DELIVERIES = { path: '/delivery', resource: DELIVERY };

  describe.each(ERAS)('for a client of %s', era => {
    const ask = ({ path, resource }: typeof SHOP, method: string, params = {}) =>
      send(app.url, tokenFor(resource), era, message(era, method, params), { path });

    it('each lists and runs its own tools, and no other', async () => {
      const names = async (at: typeof SHOP) =>
        (await ask(at, 'tools/list')).messages[0].result.tools.map(({ name }: { name: string }) => name);
      expect(await names(SHOP)).toEqual(['order', 'same']);
      expect(await names(DELIVERIES)).toEqual(['deliver', 'same']);
      expect(JSON.stringify((await ask(SHOP, 'tools/call', { name: 'same' })).messages)).toContain('of the shop');
      expect(JSON.stringify((await ask(DELIVERIES, 'tools/call', { name: 'same' })).messages)).toContain(
        `of the delivery, by ${MCP}`,
      );
    });

    it.each([
      ['a tool', SHOP, 'tools/call', { name: 'deliver' }],
      ['a resource', SHOP, 'resources/read', { uri: 'delivery://areas' }],
      ['a tool', DELIVERIES, 'tools/call', { name: 'order' }],
    ])('%s of one is unknown on the other', async (_what, at, method, params) => {
      const { messages } = await ask(at, method, params);
      expect(messages[0].error).toBeDefined();
      expect(ran).toEqual([]);
      expect(app.auditLog.events).toContainEqual(
        expect.objectContaining({ type: expect.stringMatching(/^mcp\./), actor_sub: 'alice' }),
      );
    });

    it('a missing scope is challenged with the metadata of the route that was called', async () => {
      const token = world.userToken({ claims: { aud: DELIVERY }, scope: 'orders:read' });
      const { status, challenge } = await send(app.url, token, era, message(era, 'tools/call', { name: 'deliver' }), {
        path: '/delivery',
      });
      expect(status).toBe(403);
      expect(challenge).toContain(
        'resource_metadata="https://delivery.shop.test/.well-known/oauth-protected-resource/delivery"',
      );
    });

    it.each([
      ['of the delivery route', DELIVERY, '/mcp'],
      ['of the application', MCP, '/delivery'],
    ])('a token %s is refused on the other, with one record', async (_whose, resource, path) => {
      const { status } = await send(app.url, tokenFor(resource), era, message(era, 'tools/list'), { path });
      expect(status).toBe(401);
      expect(app.auditLog.events).toEqual([
        expect.objectContaining({
          type: 'admission.refused',
          reason: 'audience_refused',
          actor_sub: null,
          outcome: 'refused',
        }),
      ]);
    });
  });

  it('a token of a route with a resource of its own opens no plain HTTP handler, and one of the application does', async () => {
    const get = async (resource: string) =>
      (await fetch(`${app.url}/plain`, { headers: { authorization: `Bearer ${tokenFor(resource)}` } })).status;
    expect(await get(DELIVERY)).toBe(401);
    expect(app.auditLog.last('admission.refused')).toMatchObject({
      reason: 'audience_refused',
      handler: 'Plain.plain',
    });
    expect(ran).toEqual([]);
    expect(await get(MCP)).toBe(200);
  });

  it('a token that was accepted on its own route is remembered, and refused on the other all the same', async () => {
    const token = tokenFor(DELIVERY);
    const list = async (path: string) =>
      (await send(app.url, token, '2026-07-28', message('2026-07-28', 'tools/list'), { path })).status;
    expect([await list('/delivery'), await list('/mcp'), await list('/delivery')]).toEqual([200, 401, 200]);
  });

  it.each([
    ['/mcp', 'https://mcp.shop.test/.well-known/oauth-protected-resource/mcp'],
    ['/delivery', 'https://delivery.shop.test/.well-known/oauth-protected-resource/delivery'],
  ])('who comes to %s without a token is led to its own metadata', async (path, metadata) => {
    const response = await fetch(app.url + path, { method: 'POST' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain(`resource_metadata="${metadata}"`);
  });
});

describe('the metadata of a route with a resource of its own', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  const start = (...resources: string[]) =>
    startApp(world, {
      imports: [
        route('mcp', { include: [ShopTools] }),
        ...resources.map((resource, i) => route(`route-${i}`, { include: i ? [] : [DeliveryTools], resource })),
      ],
      providers: [ShopTools, DeliveryTools],
    });

  it('is served beside that of the application, and names that resource', async () => {
    const app = await start(DELIVERY);
    const document = async (path: string) =>
      (await (await fetch(app.url + METADATA + path)).json()) as { resource: string };
    expect([await document(''), await document('/mcp'), await document('/delivery')]).toMatchObject([
      { resource: MCP },
      { resource: MCP },
      { resource: DELIVERY },
    ]);
    await app.close();
  });

  it.each([
    ['that of the application', ['https://delivery.shop.test/mcp'], MCP],
    ['the root of the application', ['https://delivery.shop.test'], MCP],
    ['that of another route', [DELIVERY, 'https://other.shop.test/delivery'], DELIVERY],
  ])('has an address of its own: at %s the application does not start', async (_where, resources, other) => {
    await expect(start(...resources)).rejects.toThrow(
      new EieConfigurationError(
        `The resource ${resources.at(-1)} has its metadata where ${other} has it: give it a path of its own.`,
      ),
    );
  });
});

describe('a tool class', () => {
  it.each<[where: string, routes: [Partial<EieMcpOptions>, Partial<EieMcpOptions>], problem: RegExp]>([
    [
      'that no route includes',
      [{ include: [ShopTools] }, { include: [] }],
      /DeliveryTools is served by no MCP routes: name it in "include" of exactly one EieMcpModule\.register\(\)/,
    ],
    [
      'that two routes include',
      [{ include: [ShopTools, DeliveryTools] }, { include: [DeliveryTools] }],
      /DeliveryTools is served by 2 MCP routes/,
    ],
    [
      'that one route includes beside one that serves all',
      [{}, { include: [DeliveryTools] }],
      /DeliveryTools is served by 2 MCP routes/,
    ],
    ['that two routes serve because they serve all', [{}, {}], /ShopTools is served by 2 MCP routes/],
  ])('%s stops the boot, with the fix', async (_where, [first, second], problem) => {
    const world = await startWorld();
    const boot = startApp(world, {
      imports: [route('mcp', first), route('delivery', { resource: DELIVERY, ...second })],
      providers: [ShopTools, DeliveryTools],
    });
    await expect(boot).rejects.toThrow(problem);
    await expect(boot).rejects.toBeInstanceOf(EieConfigurationError);
    await world.close();
  });
});
