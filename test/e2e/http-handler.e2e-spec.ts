import { Controller, createParamDecorator, Get, Inject, Sse } from '@nestjs/common';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
  IdentityRevocation,
  Public,
  RequireAnyScope,
  RequireScopes,
} from 'nestjs-eie';
import { concat, defer, map, of, tap } from 'rxjs';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { ordersTarget } from '../support/orders.js';
import { startWorld, type World } from '../support/world.js';

const CurrentUser = createParamDecorator(
  (_data, context) => context.switchToHttp().getRequest<{ user: unknown }>().user,
);

/** Milliseconds by which the clock of the application is ahead. */
let ahead = 0;
let told: string[] = [];

@Controller('orders')
@RequireScopes('orders:read')
class OrdersController {
  @Get()
  list(@Identity() identity: ExecutionIdentityEnvelope, @CurrentUser() user: unknown) {
    return {
      identity,
      same: identity === user,
      frozen: [identity, identity.actor, identity.agent.chain, identity.authorization.scopes].every(Object.isFrozen),
    };
  }

  @Get('write')
  @RequireScopes('orders:write')
  write() {
    return 'written';
  }

  @Get('any')
  @RequireAnyScope('billing:read', 'orders:write')
  any() {
    return 'any';
  }

  @Sse('changes')
  changes(@Delegated('orders_api') orders: DelegatedFetch) {
    const called = defer(() => orders('/orders')).pipe(map(({ status }) => status));
    const first = of('first').pipe(tap(() => (ahead = 3_600_000)));
    return concat<(string | number)[]>(first, called).pipe(map(data => ({ data })));
  }

  @Get('sub')
  sub(
    @Identity('actor.sub') sub: string,
    @Identity('agent') agent: { id: string },
    @Identity('session.trace_id') trace: string,
  ) {
    return { sub, agent: agent.id, trace };
  }
}

@Controller('open')
class OpenController {
  constructor(@Inject(IdentityRevocation) private readonly revocation: IdentityRevocation) {}

  @Get('leave')
  @Public({ reason: 'Whoever leaves has no credentials any more.' })
  leave() {
    return this.revocation.purge({ issuer: 'https://misspelt.test', sub: 'alice' });
  }

  @Get('health')
  @Public({ reason: 'Load balancers ask without credentials.' })
  health() {
    return 'up';
  }

  @Get('undecorated')
  undecorated() {
    return 'metrics';
  }

  @Get('me')
  @Authenticated()
  me(@Identity('actor') actor: object) {
    return actor;
  }
}

describe.each(ADAPTERS)('a plain HTTP handler on %s', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    const reason = 'The scraper has no credentials.';
    const routes = [{ path: '/open/undecorated', method: 'GET' as const, access: 'public' as const, reason }];
    app = await startApp(world, {
      adapter,
      controllers: [OrdersController, OpenController],
      options: {
        authorization: { routes },
        targets: { orders_api: ordersTarget(world, 'https://orders.shop.test') },
        ports: { clock: () => Date.now() + ahead, diagnostics: { report: ({ message }) => void told.push(message) } },
      },
    });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => void (app.auditLog.events.length = 0));

  const get = (path: string, token?: string, headers: Record<string, string> = {}) =>
    fetch(app.url + path, {
      headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    });

  it('gets the whole verified identity, frozen, which is also the `user` of the request', async () => {
    const body = await (await get('/orders', world.userToken({ clientId: 'assistant' }))).json();
    expect(body).toMatchObject({
      same: true,
      frozen: true,
      identity: {
        actor: { type: 'user', issuer: world.issuer, sub: 'alice', tenant: 'acme' },
        agent: {
          type: 'mcp_agent',
          issuer: world.issuer,
          id: 'agent-assistant',
          client_id: 'assistant',
          source: 'act',
          chain: [{ issuer: world.issuer, sub: 'agent-assistant' }],
        },
        authorization: { scopes: ['orders:read'], confidence: 'verified' },
        delegation: { allowed: [], modes: {} },
        meta: { version: 1, issuer: 'https://mcp.shop.test/mcp' },
      },
    });
    expect(body.identity.meta.expires_at - body.identity.meta.created_at).toBeLessThanOrEqual(300);
  });

  it('tells whoever reads a stream of events that a call in the middle of it is refused', async () => {
    const text = await (await get('/orders/changes', world.userToken())).text();
    ahead = 0;
    expect(text).toMatch(/data: first\n[^]*event: error\n[^]*data: Unauthorized\n/);
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'identity_expired' });
  });

  it('gets one field by its path, and the trace id of the caller', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const response = await get('/orders/sub', world.userToken(), { traceparent });
    expect(await response.json()).toEqual({
      sub: 'alice',
      agent: 'agent-desk-copilot',
      trace: '0af7651916cd43dd8448eb211c80319c',
    });
  });

  it('is not run without every scope of its class and its method; the challenge names all of them', async () => {
    const response = await get('/orders/write', world.userToken({ scope: 'orders:read' }));
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(response.headers.get('www-authenticate')).toMatch(
      /scope="orders:write orders:read"|scope="orders:read orders:write"/,
    );
    expect(app.auditLog.events).toEqual([
      expect.objectContaining({
        type: 'authorization.refused',
        reason: 'insufficient_scope',
        actor_sub: 'alice',
        handler: 'OrdersController.write',
      }),
    ]);
    expect((await get('/orders/write', world.userToken({ scope: 'orders:read orders:write' }))).status).toBe(200);
  });

  it('is run with any one of its alternatives, and else names the least powerful', async () => {
    expect((await get('/orders/any', world.userToken({ scope: 'orders:read orders:write' }))).status).toBe(200);
    const response = await get('/orders/any', world.userToken({ scope: 'orders:read' }));
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain('scope="billing:read orders:read"');
  });

  it('is not run without a token: a challenge without an error code', async () => {
    const response = await get('/orders');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer resource_metadata="[^"]+", DPoP algs="[^"]+"$/);
    expect(app.auditLog.events).toEqual([
      expect.objectContaining({
        type: 'admission.refused',
        reason: 'credentials_missing',
        actor_sub: null,
        handler: 'OrdersController.list',
      }),
    ]);
  });

  it('serves a machine client as a service', async () => {
    expect(await (await get('/open/me', await world.machineToken('orders:read'))).json()).toMatchObject({
      type: 'service',
      sub: 'night-batch',
      tenant: 'acme',
    });
  });

  it('runs without a token only where @Public() or authorization.routes say so, and leaves no record', async () => {
    expect(await (await get('/open/health')).text()).toBe('up');
    expect(await (await get('/open/undecorated?x=1')).text()).toBe('metrics');
    expect((await fetch(`${app.url}/open/undecorated`, { method: 'POST' })).status).toBe(404);
    expect(
      app.auditLog.types().filter(type => type !== 'admission.refused' && type !== 'authorization.refused'),
    ).toEqual([]);
  });

  it('says on the log of the application why a public handler has failed, since no record does', async () => {
    told = [];
    expect((await get('/open/leave')).status).toBe(500);
    expect(told).toEqual([
      expect.stringMatching(/^revocation_invalid \(500\) in OpenController\.leave: .+ To fix it: /),
    ]);
    expect(app.auditLog.events).toEqual([]);
  });

  it('is recorded before and after', async () => {
    await get('/open/me', world.userToken());
    const [intent, outcome] = app.auditLog.events;
    expect(intent).toMatchObject({
      type: 'execution.intent',
      outcome: 'started',
      handler: 'OpenController.me',
      actor_sub: 'alice',
      duration_ms: null,
    });
    expect(outcome).toMatchObject({ type: 'execution.outcome', outcome: 'ok', envelope_id: intent!.envelope_id });
    expect(outcome!.duration_ms).toBeGreaterThan(0);
  });
});
