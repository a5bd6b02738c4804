import { type CanActivate, Controller, Get, type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Authenticated, Identity, RequireScopes, Unmanaged } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, startApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

type Constructor = new (...given: unknown[]) => object;
type Wrapper = ((...given: unknown[]) => object) & { prototype: { constructor: unknown } };

/** What decorators of libraries do that measure or cache: they return something that makes the object. */
function functionAround(target: Constructor): Wrapper {
  const wrapper = function (...given: unknown[]) {
    return Reflect.construct(target, given, new.target ?? wrapper);
  } as Wrapper;
  wrapper.prototype = target.prototype as Wrapper['prototype'];
  Object.defineProperty(wrapper, 'name', { value: target.name });
  Object.setPrototypeOf(wrapper, target);
  return wrapper;
}

const replacing = (replace: (target: Constructor) => unknown) => replace as ClassDecorator;
const ByProxy = replacing(target => new Proxy(target, {}));
const ByFunction = replacing(functionAround);
const BySubclass = replacing(target => class extends target {});
const ByItsNewClass = replacing(target => {
  const wrapper = functionAround(target);
  wrapper.prototype.constructor = wrapper;
  return wrapper;
});

class Nobody implements CanActivate {
  canActivate() {
    return false;
  }
}

describe('a class in whose place a decorator has put something else', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world?.close());

  const served = (Replaced: ClassDecorator): ModuleMetadata => {
    @Controller('orders')
    @Replaced
    @RequireScopes('orders:write')
    class Orders {
      @Get()
      @Authenticated()
      list(@Identity('actor.sub') user: string) {
        return user;
      }
    }
    @ToolController()
    @Replaced
    @RequireScopes('orders:write')
    class OrderTools {
      @Tool({ name: 'list' })
      @Authenticated()
      list(@Identity('actor.sub') user: string) {
        return user;
      }
    }
    return {
      controllers: [Orders],
      providers: [OrderTools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })],
    };
  };

  describe.each([
    ['a proxy', ByProxy],
    ['a function with its prototype', ByFunction],
  ])('%s, stops the boot', (_what, Replaced) => {
    const refusal = (name: string) => `A decorator on ${name} has put a function or a proxy in the place of the class`;

    it.each(ADAPTERS)('with one sentence for each class that is served by HTTP and by MCP, on %s', async adapter => {
      const started = startApp(world, { adapter, ...served(Replaced) });
      const { message } = await started.then(
        () => new Error('it has booted'),
        (error: Error) => error,
      );
      expect(message.split('\n').filter(line => line.startsWith('  - '))).toEqual([
        expect.stringContaining(refusal('OrderTools')),
        expect.stringContaining(refusal('Orders')),
      ]);
      expect(message).toContain('let the decorator return nothing, or a class that extends Orders');
    });

    it('where a guard of the application stands before messages, and would not run', async () => {
      @Controller()
      @Unmanaged(Nobody, { reason: 'Its guard knows the callers.' })
      @Replaced
      class Events {
        @MessagePattern('event')
        event() {}
      }
      await expect(startApp(world, { controllers: [Events] })).rejects.toThrow(refusal('Events'));
    });

    it('where a guard of the application stands before a gateway, and would not run', async () => {
      @WebSocketGateway()
      @Unmanaged(Nobody, { reason: 'Its guard knows the callers.' })
      @Replaced
      class Chat {
        @SubscribeMessage('said')
        said() {}
      }
      const prepare = (app: INestApplication) => void app.useWebSocketAdapter(new WsAdapter(app));
      await expect(startApp(world, { providers: [Chat], prepare })).rejects.toThrow(refusal('Chat'));
    });
  });

  it.each([
    ['a class that extends it', BySubclass],
    ['a function that is its class from then on', ByItsNewClass],
  ])(
    '%s, is served under every requirement that was on the class, and recorded by its name',
    async (_what, Replaced) => {
      const app = await startApp(world, served(Replaced));
      const calls = await Promise.all(
        ['orders:read', 'orders:write'].map(async scope => {
          const token = world.userToken({ scope });
          const answer = await fetch(`${app.url}/orders`, { headers: { authorization: `Bearer ${token}` } });
          const client = await connect(app.url, token, '2025-11-25');
          const tool = await callTool(client, 'list').catch(() => ({ text: 'refused' }));
          await client.close();
          return [answer.status, tool.text];
        }),
      );
      expect(calls).toEqual([
        [403, 'refused'],
        [200, 'alice'],
      ]);
      const handlers = new Set(app.auditLog.decisions.map(({ handler }) => handler));
      expect([...handlers].sort()).toEqual(['Orders.list', 'list']);
      await app.close();
    },
  );

  it('which inherits nothing from it, is served under the requirements that were on the class, too', async () => {
    const Replaced = replacing(target => {
      const wrapper = functionAround(target);
      wrapper.prototype.constructor = wrapper;
      return Object.setPrototypeOf(wrapper, Function.prototype) as unknown;
    });
    @Controller('orders')
    @Replaced
    @RequireScopes('orders:write')
    class Orders {
      @Get()
      @Authenticated()
      list() {
        return 'listed';
      }
    }
    const app = await startApp(world, { controllers: [Orders] });
    const statuses = await Promise.all(
      ['orders:read', 'orders:write'].map(async scope => {
        const headers = { authorization: `Bearer ${world.userToken({ scope })}` };
        return (await fetch(`${app.url}/orders`, { headers })).status;
      }),
    );
    expect(statuses).toEqual([403, 200]);
    await app.close();
  });
});
