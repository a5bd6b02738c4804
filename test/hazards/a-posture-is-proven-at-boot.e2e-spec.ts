import { Controller, Get, type INestApplication } from '@nestjs/common';
import { EieConfigurationError, Posture, RequireScopes, type RouteOptions } from 'nestjs-eie';
import { ADAPTERS, type AppSetup, startApp, type TestApp } from '../support/app.js';

const ISSUER = 'https://as.shop.test';
const world = {
  issuerOptions: () => ({
    issuer: ISSUER,
    jwksUri: `${ISSUER}/jwks`,
    algorithms: ['ES256' as const],
    actorType: { user: { claim: 'sub_profile', values: ['user'] } },
    client: { clientId: 'mcp-server', auth: { method: 'client_secret_basic' as const, secret: 'a secret of it' } },
  }),
};

@Controller('orders')
class Orders {
  @Get()
  @RequireScopes('orders:read')
  list() {
    return [];
  }
}

interface Reply {
  send(body: string): void;
}
const withRoutes =
  (...paths: string[]) =>
  (app: INestApplication): void => {
    const adapter = app.getHttpAdapter() as unknown as {
      get(path: string, handler: (request: object, reply: Reply) => void): void;
    };
    for (const path of paths) adapter.get(path, (_request, reply) => reply.send('requests_total 17'));
  };
/** As exporters of metrics do it. */
const withMetrics = withRoutes('/metrics');
/** As the pages of an interface description are. */
const withPages = withRoutes('/docs', '/docs/index.html', '/docs/style.css', '/docs-json');

const declared = (changes: Partial<RouteOptions> = {}): NonNullable<AppSetup['options']> => ({
  authorization: {
    routes: [
      {
        path: '/metrics',
        method: 'GET',
        access: 'public',
        reason: 'The scraper of the cluster has no identity.',
        ...changes,
      },
    ],
  },
});

const target = {
  mode: 'service_identity' as const,
  baseUrl: 'https://orders.shop.test',
  issuer: ISSUER,
  resource: 'https://orders.shop.test',
  scopes: ['orders:read'],
};

let app: TestApp | undefined;
const start = async (setup: AppSetup): Promise<TestApp> =>
  (app = await startApp(world, { controllers: [Orders], ...setup }));
const refused = async (setup: AppSetup, message: RegExp): Promise<void> => {
  const booted = start(setup);
  await expect(booted).rejects.toThrow(EieConfigurationError);
  await expect(booted).rejects.toThrow(message);
};

describe.each(ADAPTERS)('an application on %s', adapter => {
  afterEach(() => app?.close().finally(() => (app = undefined)));

  it('does not start with a route on its adapter that nobody has declared, and says how to declare it', async () => {
    await refused(
      { adapter, prepare: withMetrics },
      /GET \/metrics is a route on the HTTP adapter[^]*add \{ path: "\/metrics", method: 'GET', access: 'public', reason \} to authorization\.routes/,
    );
  });

  it.each<[how: string, changes: Partial<RouteOptions>]>([
    ['public, by its path', {}],
    ['unmanaged, by its path', { access: 'unmanaged' }],
    ['below a path', { path: '/metrics/*', method: 'ALL', access: 'unmanaged' }],
  ])('starts once that route is declared %s, and serves it', async (_how, changes) => {
    const { url, app: nest } = await start({ adapter, prepare: withMetrics, options: declared(changes) });
    expect(await (await fetch(`${url}/metrics`)).text()).toBe('requests_total 17');
    expect(nest.get(Posture, { strict: false }).document.routes).toHaveLength(1);
  });

  it.each<[how: string, changes: Partial<RouteOptions>]>([
    ['another method', { method: 'POST' }],
    ['another path', { path: '/metric' }],
    ['a path that only begins alike', { path: '/met/*', access: 'unmanaged' }],
  ])('does not start where %s is declared', async (_how, changes) => {
    await refused({ adapter, prepare: withMetrics, options: declared(changes) }, /GET \/metrics is a route/);
  });

  it('names a folder with many routes in place of each route, and starts once the folder is declared', async () => {
    await refused(
      { adapter, prepare: withPages },
      /GET \/docs, \/docs\/index\.html, \/docs\/style\.css are routes [^]*add \{ path: "\/docs\/\*", method: 'GET'[^]*GET \/docs-json is a route/,
    );
    const routes = ['/docs/*', '/docs-json'].flatMap(path => declared({ path }).authorization!.routes!);
    const { url } = await start({ adapter, prepare: withPages, options: { authorization: { routes } } });
    expect(await (await fetch(`${url}/docs/style.css`)).text()).toBe('requests_total 17');
  });

  it('does not start with a target that no handler declares', async () => {
    await refused(
      { adapter, options: { targets: { orders_api: target } } },
      /The target "orders_api" is configured and no handler declares it[^]*@DelegatesTo\('orders_api'\)/,
    );
  });

  it('does not start with a requirement of a scope that is not in the catalogue, and does once it is', async () => {
    await refused(
      { adapter, options: { authorization: { scopeCatalogue: ['order:read'] } } },
      /Orders\.list requires the scope "orders:read", which is not in authorization\.scopeCatalogue/,
    );
    await start({ adapter, options: { authorization: { scopeCatalogue: ['orders:read'] } } });
    await app!.close();
    await start({
      adapter,
      options: {
        authorization: { scopeCatalogue: ['orders:write'], scopeHierarchy: { 'orders:write': ['orders:read'] } },
      },
    });
  });
});
