import { Controller, Get, Injectable } from '@nestjs/common';
import { Authenticated, Delegated, type DelegatedFetch, Identity } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { type AppSetup, startApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

const route = { path: 'mcp', name: 'shop', version: '1.0.0' };

@ToolController()
class WarnedOrderTools {
  @Tool({ name: 'status' })
  @Authenticated()
  status(): string {
    return 'shipped';
  }
}

@Injectable()
class Greetings {
  greet(@Identity('actor.sub') user?: string): string {
    return `Hello ${user}`;
  }
}

@Controller('orders')
class OrdersController {
  @Get()
  @Authenticated()
  async list(@Identity('actor.sub') _user: string, @Delegated('orders_api') orders: DelegatedFetch): Promise<number> {
    return (await orders('/orders')).status;
  }
}

let world: World;
let app: TestApp | undefined;
let warnings: string[];

async function start(setup: AppSetup): Promise<TestApp> {
  warnings = [];
  const report = ({ level, message }: { level: string; message: string }) => {
    if (level === 'warn') warnings.push(message);
  };
  app = await startApp(world, { ...setup, options: { ...setup.options, ports: { diagnostics: { report } } } });
  return app;
}
/** Those about a class or a route: other tests of the process have classes too. */
const about = (what: string) => warnings.filter(line => line.includes(what));

/** A class as nothing but this test knows it. */
function unlisted(name: string) {
  const type = { [name]: class {} }[name]!;
  ToolController()(type);
  return type;
}

describe('the log of an application says at boot, once and with the fix,', () => {
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());
  afterEach(() => app?.close());

  it('which tool classes are in no providers', async () => {
    const forgotten = unlisted('ForgottenTools');
    await start({ imports: [EieMcpModule.register(route)], providers: [WarnedOrderTools] });
    expect(about(forgotten.name)).toEqual([expect.stringMatching(/in the "providers" of no module.*List .* in "prov/)]);
    expect(about('WarnedOrderTools')).toEqual([]);
  });

  it('nothing of a class that another application of the process has, or that a tool class extends', async () => {
    const [listed, base] = [unlisted('ListedTools'), unlisted('BaseTools')];
    class Derived extends base {}
    ToolController()(Derived);
    await start({ imports: [EieMcpModule.register(route)], providers: [listed, WarnedOrderTools] });
    await app!.close();
    await start({ imports: [EieMcpModule.register(route)], providers: [Derived, WarnedOrderTools] });
    expect([...about('ListedTools'), ...about('BaseTools')]).toEqual([]);
  });

  it('which tool is lost because a class overrides its method', async () => {
    abstract class Listing {
      @Tool({ name: 'list' })
      @Authenticated()
      list(): string {
        return 'all';
      }
    }
    @ToolController()
    class OverridingTools extends Listing {
      override list(): string {
        return 'mine';
      }
    }
    @ToolController()
    class OverridingAgainTools extends Listing {
      @Tool({ name: 'list_again' })
      override list(): string {
        return 'mine';
      }
    }
    const imports = [EieMcpModule.register(route)];
    await start({ imports, providers: [OverridingTools, OverridingAgainTools, WarnedOrderTools] });
    expect(about('Overriding')).toEqual([
      expect.stringMatching(/^OverridingTools\.list overrides a method with @Tool\(\).*put @Tool\(\) on it too/),
    ]);
  });

  it('that a route serves nothing', async () => {
    await start({ imports: [EieMcpModule.register(route)] });
    expect(about('The MCP route "mcp"')).toEqual([
      expect.stringMatching(/serves no tool, resource or prompt\. List a class with @ToolController\(\)/),
    ]);
  });

  it('nothing of a route that serves a tool, or that configures the server by itself', async () => {
    await start({ imports: [EieMcpModule.register(route)], providers: [WarnedOrderTools] });
    expect(about('The MCP route')).toEqual([]);
    await app!.close();
    await start({ imports: [EieMcpModule.register({ ...route, configure: () => undefined })] });
    expect(about('The MCP route')).toEqual([]);
  });

  it('that tools have no MCP route', async () => {
    await start({ providers: [WarnedOrderTools] });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^WarnedOrderTools: no MCP route .* Import EieMcpModule\.register\(\{ path, name, version \}\)/,
      ),
    ]);
  });

  it('that @Identity() stands where nobody fills it', async () => {
    await start({ providers: [Greetings, WarnedOrderTools], imports: [EieMcpModule.register(route)] });
    expect(about('@Identity()')).toEqual([
      expect.stringMatching(/^Greetings\.greet has @Identity\(\) and is no handler .* pass it on as an argument\.$/),
    ]);
  });
});

describe('a target that refuses this server', () => {
  let api: Loopback;
  let status: number;
  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback((_request, response) => void response.writeHead(status).end());
  });
  afterAll(() => Promise.all([world.close(), api.close()]));
  afterEach(() => app?.close());

  it.each([
    [401, 1],
    [403, 1],
    [404, 0],
    [200, 0],
  ])('with %i is said %i times, however many calls there are', async (answer, lines) => {
    status = answer;
    const { url } = await start({
      controllers: [OrdersController],
      options: {
        targets: {
          orders_api: {
            mode: 'service_identity',
            baseUrl: api.url,
            issuer: world.issuer,
            resource: ORDERS,
            scopes: ['orders:read'],
          },
        },
      },
    });
    for (let i = 0; i < 3; i++) {
      const headers = { authorization: `Bearer ${world.userToken()}` };
      expect(await (await fetch(`${url}/orders`, { headers })).json()).toBe(answer);
    }
    expect(about('orders_api')).toEqual(
      Array.from({ length: lines }, () =>
        expect.stringMatching(`^orders_api has answered ${answer} .*use \\.json\\(path\\)`),
      ),
    );
  });
});
