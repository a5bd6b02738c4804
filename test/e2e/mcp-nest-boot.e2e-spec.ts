import { type Type } from '@nestjs/common';
import {
  McpController,
  McpStrategy,
  PublicTool,
  StdioTransport,
  StreamableHttpTransport,
  Tool,
  ToolScopes,
} from '@rekog/mcp-nest';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  EieConfigurationError,
  Public,
  RequireScopes,
} from 'nestjs-eie';
import { EieMcpStrategy } from 'nestjs-eie/mcp-nest';
import { connected, routeFor, startMcpNest, strategyWith } from '../mcp-nest/mcp-nest-app.js';
import { callTool, connect, RecordingLog, startApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

let world: World;
const ran: string[] = [];

describe('mcp-nest at boot', () => {
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  @McpController()
  class Sound {
    @Tool({ name: 'sound' })
    @ToolScopes(['orders:read'])
    sound() {
      ran.push('sound');
      return 'ran';
    }
  }

  const bare = () =>
    new McpStrategy({
      name: 'bare',
      version: '1.0.0',
      logging: false,
      transports: [new StreamableHttpTransport({ mount: false })],
    });

  describe('an application with mcp-nest does not start', () => {
    it('without inheritAppConfig, where no guard would stand before its tools', async () => {
      const auditLog = new RecordingLog();
      const start = startMcpNest(world, {
        controllers: [Sound],
        options: { audit: { log: auditLog } },
        join: (app, strategy) => app.connectMicroservice({ strategy }),
      });
      await expect(start).rejects.toThrow(EieConfigurationError);
      await expect(start).rejects.toThrow(
        /No guard stands before the tools of "shop"\. Call app\.connectMicroservice\(\{ strategy \}, \{ inheritAppConfig: true \}\)/,
      );
      expect(ran).toEqual([]);
      expect(auditLog.events).toEqual([]);
    });

    it('without inheritAppConfig, before it takes a single request', async () => {
      const strategy = strategyWith();
      const start = startApp(world, {
        controllers: [routeFor(strategy), Sound],
        prepare: app => void app.connectMicroservice({ strategy }),
      });
      await expect(start).rejects.toThrow(/No guard stands before the tools/);
    });

    it('without inheritAppConfig, when its microservices start first', async () => {
      let starting: Promise<unknown> = Promise.resolve();
      const start = startMcpNest(world, {
        controllers: [Sound],
        join(app, strategy) {
          app.connectMicroservice({ strategy });
          starting = app.startAllMicroservices();
        },
      });
      await expect(start).rejects.toThrow(/No guard stands before the tools/);
      await expect(starting).rejects.toThrow(/No guard stands before the tools/);
    });

    it('without inheritAppConfig, when its handlers are bound late', async () => {
      const start = startMcpNest(world, {
        controllers: [Sound],
        join: (app, strategy) => app.connectMicroservice({ strategy }, { deferInitialization: true }),
      });
      await expect(start).rejects.toThrow(/No guard stands before the tools/);
    });

    it.each<[string, Parameters<typeof startMcpNest>[1], RegExp]>([
      [
        'whose strategy is not connected',
        { join: () => undefined },
        /"shop" is not connected\. Call app\.connectMicroservice/,
      ],
      [
        'that connects a plain McpStrategy beside',
        {
          join: (app, strategy) => (
            connected(app, strategy),
            app.connectMicroservice({ strategy: bare() }, { inheritAppConfig: true })
          ),
        },
        /The McpStrategy "bare" is connected, and its tools run without an identity: make it an EieMcpStrategy/,
      ],
      [
        'that connects a plain McpStrategy instead',
        { join: app => app.connectMicroservice({ strategy: bare() }, { inheritAppConfig: true }) },
        /The McpStrategy "bare" is connected/,
      ],
    ])('%s', async (_which, setup, message) => {
      await expect(startMcpNest(world, { controllers: [Sound], ...setup })).rejects.toThrow(message);
    });

    it('with two strategies for the same tools', async () => {
      const [one, other] = [strategyWith(), strategyWith()];
      const start = startMcpNest(world, {
        strategy: one,
        controllers: [Sound, routeFor(other, { resource: 'https://mcp.shop.test/other' }, 'other')],
        join: app => (connected(app, one), connected(app, other)),
      });
      await expect(start).rejects.toThrow(/Two EieMcpStrategies serve the same tools: give each a "server"/);
    });

    it('with two routes to one strategy', async () => {
      const strategy = strategyWith();
      await expect(
        startMcpNest(world, { strategy, controllers: [Sound, routeFor(strategy, {}, 'other')] }),
      ).rejects.toThrow(/has two routes/);
    });

    it('with a strategy that has no route', async () => {
      const lone = strategyWith({ server: 'lone' });
      const start = startMcpNest(world, {
        controllers: [Sound],
        join: (app, strategy) => (connected(app, strategy), connected(app, lone)),
      });
      await expect(start).rejects.toThrow(
        /"shop" has no route: list a class that extends EieMcpControllerFor\(strategy\)/,
      );
    });

    it('that imports EieModule and forgets all the rest', async () => {
      const strategy = new McpStrategy({
        name: 'bare',
        version: '1.0.0',
        logging: false,
        transports: [new StreamableHttpTransport()],
      });
      const start = startApp(world, {
        controllers: [Sound],
        prepare(app) {
          strategy.setHttpAdapter(app.getHttpAdapter() as never);
          app.connectMicroservice({ strategy });
        },
      });
      await expect(start).rejects.toThrow(
        /Sound\.sound handles messages, whose senders nobody has authenticated: [^]*mcp-nest[^]*\(RootTestModule, .*mcp-nest-boot/,
      );
    });
  });

  function toolClass(...decorators: MethodDecorator[]): Type {
    @McpController()
    class Tools {
      @Tool({ name: 'questionable' })
      questionable() {}
    }
    for (const decorate of decorators)
      decorate(Tools.prototype, 'questionable', Object.getOwnPropertyDescriptor(Tools.prototype, 'questionable')!);
    return Tools;
  }

  const onClass = (decorate: ClassDecorator): Type => {
    const tools = toolClass(Authenticated());
    decorate(tools);
    return tools;
  };

  @McpController()
  class Unconfigured {
    @Tool({ name: 'unconfigured' })
    @Authenticated()
    unconfigured(@Delegated('nowhere') _nowhere: DelegatedFetch) {}
  }

  describe('a tool of mcp-nest stops the application at boot', () => {
    it.each<[string, Type[], RegExp]>([
      [
        'when it has no identity policy',
        [toolClass()],
        /Tools\.questionable has no identity policy: decorate it with @RequireScopes/,
      ],
      [
        'when it is a @PublicTool()',
        [toolClass(PublicTool())],
        /Tools\.questionable is @PublicTool\(\), and a tool always runs for somebody: add @Authenticated\(\)/,
      ],
      [
        'when it is a @PublicTool() that only prefers scopes',
        [toolClass(PublicTool(), ToolScopes(['orders:read']))],
        /is @PublicTool\(\)/,
      ],
      [
        'when it is @Public()',
        [toolClass(Public({ reason: 'a reason that is long enough' }))],
        /is a tool and cannot be @Public\(\)/,
      ],
      [
        'when its scopes stand on the class',
        [onClass(ToolScopes(['orders:read']))],
        /Tools has @ToolScopes\(\) on the class, where mcp-nest ignores it/,
      ],
      [
        'when it shares its name with another',
        [toolClass(Authenticated()), toolClass(Authenticated())],
        /another tool is named "questionable" already/,
      ],
      [
        'when it declares a target that is not configured',
        [Unconfigured],
        /declares the target "nowhere", which is not configured/,
      ],
    ])('%s', async (_when, controllers, problem) => {
      await expect(startMcpNest(world, { controllers })).rejects.toThrow(problem);
      // And again, since a refused boot must teach the next one nothing.
      await expect(startMcpNest(world, { controllers })).rejects.toThrow(problem);
    });
  });

  describe('a strategy is not even made', () => {
    it.each<[string, ConstructorParameters<typeof EieMcpStrategy>[0], RegExp]>([
      [
        'with stateful sessions',
        { transports: [new StreamableHttpTransport({ statefulMode: true })] } as never,
        /statefulMode, whose sessions belong to whoever knows their id/,
      ],
      [
        'with a route that mounts itself',
        { transports: [new StreamableHttpTransport({ mount: true })] } as never,
        /mount: true, which opens a route past every guard/,
      ],
      [
        'over stdio, where nobody is authenticated',
        { transports: [Object.create(StdioTransport.prototype)] } as never,
        /transports must be \[new StreamableHttpTransport\(\)\]/,
      ],
      [
        'over stdio beside',
        { transports: [new StreamableHttpTransport(), Object.create(StdioTransport.prototype)] } as never,
        /transports must be/,
      ],
      ['over nothing', { transports: [] } as never, /transports must be/],
      [
        'with anonymous access',
        { allowUnauthenticatedAccess: true } as never,
        /allowUnauthenticatedAccess must be left out/,
      ],
      [
        'with lists that are cached for everybody',
        { cacheHints: { 'tools/list': { cacheScope: 'public' } } } as never,
        /cacheHints\["tools\/list"\] must be "private"/,
      ],
    ])('%s', (_how, options, problem) => {
      expect(() => strategyWith(options)).toThrow(EieConfigurationError);
      expect(() => strategyWith(options)).toThrow(problem);
    });
  });

  describe('a strategy behind the boundary', () => {
    it('takes no tool, resource or prompt at run time, where no guard would stand before it', () => {
      const strategy = strategyWith() as McpStrategy;
      const definition = { name: 'late', uri: 'shop://late', description: '', handler: () => 'ran' };
      for (const register of ['registerTool', 'registerResource', 'registerPrompt'] as const)
        expect(() => strategy[register](definition)).toThrow(/no guard stands before/);
    });

    it('leaves nothing on the audit log when it starts', async () => {
      const shop = await startMcpNest(world, { controllers: [Sound] });
      await shop.close();
      expect(shop.auditLog.events).toEqual([]);
    });

    it.each(['registerTool', 'registerResource', 'registerPrompt'] as const)(
      'lets serverMutator see the server, and not call %s() on it',
      async register => {
        const seen: unknown[] = [];
        const strategy = strategyWith({
          serverMutator(server) {
            seen.push(server);
            (server[register] as (...args: unknown[]) => void)('late', {}, () => ran.push('late'));
            return server;
          },
        });
        const shop = await startMcpNest(world, { strategy, controllers: [Sound] });
        const { status } = await send(
          shop.url,
          world.userToken(),
          '2025-11-25',
          message('2025-11-25', 'tools/call', { name: 'late', arguments: {} }),
        );
        await shop.close();
        expect({ status, seen: seen.length }).toEqual({ status: 500, seen: 1 });
        expect(ran).toEqual([]);
      },
    );

    it('has no use for an HTTP adapter: the transport cannot mount a route past the guard', async () => {
      const strategy = strategyWith();
      const shop = await startMcpNest(world, {
        strategy,
        controllers: [Sound],
        prepare: app => strategy.setHttpAdapter(app.getHttpAdapter() as never),
      });
      expect(strategy.unwrap<{ httpAdapter?: unknown }>().httpAdapter).toBeUndefined();
      await shop.close();
    });

    it('serves a @PublicTool() that has a policy of ours, to those whom the policy lets in', async () => {
      const shop = await startMcpNest(world, { controllers: [toolClass(PublicTool(), RequireScopes('orders:write'))] });
      const alice = await connect(shop.url, world.userToken());
      expect((await alice.listTools()).tools).toEqual([]);
      await expect(callTool(alice, 'questionable')).rejects.toThrow(/Insufficient scope/);
      await alice.close();
      await shop.close();
    });

    it('serves nothing before it is started', async () => {
      const strategy = strategyWith();
      const shop = await startApp(world, {
        controllers: [routeFor(strategy), Sound],
        prepare: app => app.connectMicroservice({ strategy }, { inheritAppConfig: true, deferInitialization: true }),
      });
      const { status } = await send(
        shop.url,
        world.userToken(),
        '2025-11-25',
        message('2025-11-25', 'tools/call', { name: 'sound', arguments: {} }),
      );
      expect(status).toBe(500);
      expect(ran).toEqual([]);
      await shop.close();
    });
  });
});
