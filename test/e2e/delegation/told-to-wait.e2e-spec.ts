import { Controller, Get } from '@nestjs/common';
import { Authenticated, Delegated, type DelegatedFetch, type TargetOptions } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { connect, startMcpApp, type TestApp } from '../../support/app.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { ORDERS, startWorld, type World } from '../../support/world.js';

@ToolController()
@Authenticated()
class OrderTools {
  @Tool({ name: 'orders' })
  list(@Delegated('orders_api') orders: DelegatedFetch) {
    return orders.json('/orders');
  }
}

@Controller('orders')
@Authenticated()
class OrdersController {
  @Get()
  list(@Delegated('orders_api') orders: DelegatedFetch) {
    return orders.json('/orders');
  }
}

describe('a caller of an authorization server that has no time', () => {
  let world: World;
  let issuer: LyingIssuer;
  let app: TestApp;

  beforeAll(async () => {
    [world, issuer] = await Promise.all([startWorld(), startLyingIssuer()]);
    const orders_api: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: 'http://127.0.0.1:9',
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    app = await startMcpApp(world, {
      providers: [OrderTools],
      controllers: [OrdersController],
      options: { issuers: [issuer.issuerOptions], targets: { orders_api } },
    });
    issuer.answer = (_request, response) =>
      response
        .writeHead(429, { 'content-type': 'application/json', 'retry-after': '7200' })
        .end(JSON.stringify({ error: 'slow_down' }));
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([issuer, world].map(one => one?.close()));
  });

  it('is told over HTTP how long to wait, a minute at most', async () => {
    const authorization = `Bearer ${await issuer.freshToken()}`;
    const { status, headers } = await fetch(new URL('/orders', app.url), { headers: { authorization } });
    expect([status, headers.get('retry-after'), headers.get('www-authenticate')]).toEqual([503, '60', null]);
  });

  it('is told so in a tool, and asked for no other credential', async () => {
    const client = await connect(app.url, await issuer.freshToken());
    const { structuredContent } = await client.callTool({ name: 'orders', arguments: {} });
    await client.close();
    expect(structuredContent).toEqual({ code: 'delegation_rate_limited', retry_after: 60 });
  });

  it('is told to wait where the server does not say how long', async () => {
    issuer.answer = (_request, response) => response.writeHead(429).end('<html>');
    const authorization = `Bearer ${await issuer.freshToken()}`;
    const { status, headers } = await fetch(new URL('/orders', app.url), { headers: { authorization } });
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
  });
});
