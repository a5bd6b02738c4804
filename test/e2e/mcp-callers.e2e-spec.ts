import { request } from 'node:http';
import { Authenticated } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, ERAS, startApp, type TestApp } from '../support/app.js';
import { headersFor, message } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

let ran = 0;

@ToolController()
class Tools {
  @Tool({ name: 'run' })
  @Authenticated()
  run() {
    ran++;
  }
}

const RESOURCE_HOST = 'mcp.shop.test';

describe.each(ADAPTERS)('an MCP route, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    const route = {
      path: 'mcp',
      name: 'shop',
      version: '1.0.0',
      allowedHosts: ['internal.shop.test'],
      allowedOrigins: ['desk.shop.test'],
    };
    app = await startApp(world, { adapter, providers: [Tools], imports: [EieMcpModule.register(route)] });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => {
    ran = 0;
    app.auditLog.events.length = 0;
  });

  describe.each(ERAS)('called by a client of %s,', era => {
    /** By hand: a fetch brings a host of its own. */
    const call = (headers: Record<string, string>) =>
      new Promise<{ status: number; challenge: string | undefined }>((resolve, reject) => {
        const body = message(era, 'tools/call', { name: 'run', arguments: {} });
        const sent = request(
          `${app.url}/mcp`,
          {
            method: 'POST',
            agent: false,
            headers: { authorization: `Bearer ${world.userToken()}`, ...headersFor(era, body), ...headers },
          },
          response => {
            response
              .resume()
              .on('end', () =>
                resolve({ status: response.statusCode!, challenge: response.headers['www-authenticate'] }),
              );
          },
        );
        sent.on('error', reject).end(JSON.stringify(body));
      });

    it.each<[what: string, headers: Record<string, string>]>([
      ['the host of its resource', { host: RESOURCE_HOST }],
      ['that host with a port', { host: `${RESOURCE_HOST}:8443` }],
      ['that host in capitals', { host: 'MCP.Shop.Test' }],
      ['localhost', { host: 'localhost:3000' }],
      ['the loopback address', { host: '127.0.0.1' }],
      ['the loopback address of IPv6', { host: '[::1]:3000' }],
      ['a host that is allowed', { host: 'internal.shop.test' }],
      ['a page of its own host', { origin: `https://${RESOURCE_HOST}` }],
      ['a page of this machine', { origin: 'http://localhost:5173' }],
      ['a page that is allowed', { origin: 'https://desk.shop.test' }],
    ])('answers %s', async (_what, headers) => {
      expect((await call(headers)).status).toBe(200);
      expect(ran).toBe(1);
    });

    it.each<[reason: string, what: string, headers: Record<string, string>]>([
      ['host_refused', 'another host', { host: 'evil.test' }],
      ['host_refused', 'a host that ends like its own', { host: `evil${RESOURCE_HOST}` }],
      ['host_refused', 'a host that begins like its own', { host: `${RESOURCE_HOST}.evil.test` }],
      ['host_refused', 'a host that is allowed for pages alone', { host: 'desk.shop.test' }],
      [
        'host_refused',
        'another host, from a page that is allowed',
        { host: 'evil.test', origin: 'https://desk.shop.test' },
      ],
      ['origin_refused', 'a page elsewhere', { origin: 'https://evil.test' }],
      ['origin_refused', 'a page elsewhere, at its own host', { host: RESOURCE_HOST, origin: 'https://evil.test' }],
      ['origin_refused', 'a page whose host is allowed for calls alone', { origin: 'https://internal.shop.test' }],
      ['origin_refused', 'a page without an origin of its own', { origin: 'null' }],
      ['origin_refused', 'an origin that is none', { origin: 'desk.shop.test' }],
      ['origin_refused', 'a page whose user part looks like its own', { origin: `https://${RESOURCE_HOST}@evil.test` }],
    ])('refuses with 403 and %s: %s', async (reason, _what, headers) => {
      const { status, challenge } = await call(headers);
      expect({ status, challenge }).toEqual({ status: 403, challenge: undefined });
      expect(ran).toBe(0);
      expect(app.auditLog.events).toEqual([
        expect.objectContaining({ type: 'authorization.refused', reason, actor_sub: 'alice', outcome: 'refused' }),
      ]);
    });
  });

  it('asks for a token before it says whether it may be called from there', async () => {
    const response = await fetch(`${app.url}/mcp`, { method: 'POST', headers: { origin: 'https://evil.test' } });
    expect(response.status).toBe(401);
  });
});
