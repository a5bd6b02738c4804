import { Controller, Get, Head, Version, VersioningType } from '@nestjs/common';
import { RouterExecutionContext } from '@nestjs/core/router/router-execution-context.js';
import { Identity, RequireScopes } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

@Controller('orders')
class OrdersController {
  @Get()
  @Version('1')
  @RequireScopes('orders:read')
  first(@Identity('actor.sub') user: string) {
    return { version: 1, user };
  }

  @Get()
  @Version('2')
  @RequireScopes('orders:write')
  second(@Identity('actor.sub') user: string) {
    return { version: 2, user };
  }

  @Head('state')
  @Version('1')
  @RequireScopes('orders:write')
  head() {
    return '';
  }

  @Get('state')
  @Version('1')
  @RequireScopes('orders:read')
  state() {
    return 'open';
  }
}

type Create = (instance: object, callback: (...args: unknown[]) => unknown, ...others: unknown[]) => unknown;
const router = RouterExecutionContext.prototype as unknown as { create: Create };

/** As the instrumentations of OpenTelemetry and Sentry for Nest do: another function for each handler, which copies the metadata or not. */
function traceHandlers(copiesMetadata: boolean): () => void {
  const { create } = router;
  router.create = function (instance, callback, ...others) {
    const traced = function (this: unknown, ...args: unknown[]) {
      return callback.apply(this, args);
    };
    if (copiesMetadata)
      for (const key of Reflect.getMetadataKeys(callback) as string[])
        Reflect.defineMetadata(key, Reflect.getMetadata(key, callback), traced);
    return create.call(this, instance, traced, ...others);
  };
  return () => (router.create = create);
}

describe.each(ADAPTERS)('handlers that tracing has wrapped, on %s', adapter => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());

  async function startTraced(copiesMetadata: boolean): Promise<TestApp> {
    const stopTracing = traceHandlers(copiesMetadata);
    try {
      return await startApp(world, {
        adapter,
        controllers: [OrdersController],
        prepare: nest => void nest.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
      });
    } finally {
      stopTracing();
    }
  }

  function ask(app: TestApp, path: string, version: string, scope: string, method = 'GET') {
    const authorization = `Bearer ${world.userToken({ scope })}`;
    return fetch(app.url + path, { method, headers: { authorization, 'x-version': version } });
  }

  it('are decided by the policy of their version, where two versions have one path', async () => {
    const app = await startTraced(true);
    const first = await ask(app, '/orders', '1', 'orders:read');
    expect([first.status, await first.json()]).toEqual([200, { version: 1, user: 'alice' }]);
    expect((await ask(app, '/orders', '2', 'orders:read')).status).toBe(403);
    const second = await ask(app, '/orders', '2', 'orders:write');
    expect([second.status, await second.json()]).toEqual([200, { version: 2, user: 'alice' }]);
    await app.close();
  });

  it('are decided by the policy of HEAD for HEAD, and by that of GET for GET', async () => {
    const app = await startTraced(true);
    expect((await ask(app, '/orders/state', '1', 'orders:read', 'HEAD')).status).toBe(403);
    expect((await ask(app, '/orders/state', '1', 'orders:write', 'HEAD')).status).toBe(200);
    expect((await ask(app, '/orders/state', '1', 'orders:read')).status).toBe(200);
    await app.close();
  });

  it('are refused where nothing says which of two they are', async () => {
    const app = await startTraced(false);
    expect((await ask(app, '/orders', '1', 'orders:read orders:write')).status).toBe(500);
    await app.close();
  });
});
