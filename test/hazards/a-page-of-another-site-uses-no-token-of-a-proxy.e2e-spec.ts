import { All, Controller } from '@nestjs/common';
import { Authenticated, Identity } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { sendRaw } from '../support/loopback.js';
import { headersFor, message } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

let paid = 0;

@Controller('pay')
class Payments {
  @All()
  @Authenticated()
  pay(@Identity('actor.sub') sub: string) {
    paid++;
    return sub;
  }
}

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'go', description: 'Goes.' })
  go() {
    return 'ok';
  }
}

const HEADER = 'x-goog-iap-jwt-assertion';
const OWN = 'https://mcp.shop.test';

describe.each(ADAPTERS)('behind a proxy that adds the token of the user by its cookie, on %s', adapter => {
  let proxied: World, direct: World, app: TestApp;
  beforeAll(async () => {
    [proxied, direct] = await Promise.all([startWorld(), startWorld()]);
    app = await startApp(proxied, {
      adapter,
      controllers: [Payments],
      providers: [Tools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', allowedOrigins: ['app.test'] })],
      options: {
        issuers: [proxied.issuerOptions({ tokenHeader: { name: HEADER } }), direct.issuerOptions()],
        authorization: { proofOfPossession: { publicUrl: 'https://public.shop.test/mcp' } },
      },
    });
  });
  afterAll(() => Promise.all([app.close(), proxied.close(), direct.close()]));
  beforeEach(() => void (paid = 0));

  const send = async (headers: Record<string, string>, method = 'POST', credential?: [string, string]) => {
    const lines = [...(credential ?? [HEADER, proxied.userToken()]), ...Object.entries(headers).flat()];
    const body = method === 'GET' ? {} : { body: '{}' };
    return (
      await sendRaw(`${app.url}/pay`, { method, headers: ['Content-Type', 'application/json', ...lines], ...body })
    ).status;
  };

  it.each<[string, Record<string, string>]>([
    ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.test' }],
    ['another site that claims an origin of ours', { 'Sec-Fetch-Site': 'cross-site', Origin: OWN }],
    ['another origin of the site', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://blog.shop.test' }],
    ['another site, in an older browser', { Origin: 'https://evil.test' }],
    ['an origin that is hidden', { Origin: 'null' }],
    ['another port', { Origin: `${OWN}:8443` }],
  ])('a page of %s cannot make the browser of a user act', async (_page, headers) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect(await send(headers, method)).toBe(403);
    expect(app.auditLog.last('admission.refused').reason).toBe('origin_refused');
    expect(paid).toBe(0);
  });

  it.each<[string, Record<string, string>]>([
    ['a page of this origin', { 'Sec-Fetch-Site': 'same-origin', Origin: OWN }],
    ['a page of this origin, in an older browser', { Origin: OWN }],
    ['a page of the public URL, in an older browser', { Origin: 'https://public.shop.test' }],
    ['the user', { 'Sec-Fetch-Site': 'none' }],
    ['what is no browser', {}],
  ])('%s can', async (_who, headers) => {
    expect([200, 201]).toContain(await send(headers));
    expect(paid).toBe(1);
  });

  it('a page of another site can call an MCP route that allows its origin, and no other page can', async () => {
    const listing = message('2026-07-28', 'tools/list');
    const status = async (host: string) => {
      const foreign = { 'sec-fetch-site': 'cross-site', origin: `https://${host}` };
      const headers = { ...headersFor('2026-07-28', listing), ...foreign, [HEADER]: proxied.userToken() };
      const lines = Object.entries(headers).flat();
      return (await sendRaw(`${app.url}/mcp`, { method: 'POST', body: JSON.stringify(listing), headers: lines }))
        .status;
    };
    expect(await status('app.test')).toBe(200);
    expect(await status('evil.test')).toBe(403);
  });

  it('a page of another site can ask for what changes nothing, and can act with a token that it has itself', async () => {
    const foreign = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://app.test' };
    expect(await send(foreign, 'GET')).toBe(200);
    expect([200, 201]).toContain(await send(foreign, 'POST', ['Authorization', `Bearer ${direct.userToken()}`]));
  });
});
