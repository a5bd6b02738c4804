import { EieMcpModule, type EieMcpOptions, Tool, ToolController } from 'nestjs-eie/mcp';
import { Authenticated, IssuerSource } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { MCP, startWorld, type World } from '../support/world.js';

@ToolController()
@Authenticated()
class ShopTools {
  @Tool({ name: 'shop' })
  shop() {
    return 'shop';
  }
}

@ToolController()
@Authenticated()
class DeliveryTools {
  @Tool({ name: 'deliver' })
  deliver() {
    return 'delivery';
  }
}

const METADATA = '/.well-known/oauth-protected-resource';
const DELIVERY = 'https://delivery.shop.test/delivery';
const API = 'api://delivery';

describe.each(ADAPTERS)('an MCP route with tokens of its own, on %s', adapter => {
  let main: World;
  let partner: World;
  let app: TestApp;

  const start = (delivery: Partial<EieMcpOptions>, issuers = [main.issuerOptions(), partner.issuerOptions()]) =>
    startApp(main, {
      adapter,
      imports: [
        EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1', include: [ShopTools] }),
        EieMcpModule.register({
          path: 'delivery',
          name: 'delivery',
          version: '1',
          include: [DeliveryTools],
          ...delivery,
        }),
      ],
      providers: [ShopTools, DeliveryTools],
      options: { issuers, authorization: { scopesSupported: ['orders:read'] } },
    });
  beforeAll(async () => {
    [main, partner] = await Promise.all([startWorld(), startWorld()]);
    app = await start({
      resource: DELIVERY,
      audience: [API],
      issuers: [partner.issuer],
      scopesSupported: ['deliveries:read'],
    });
  });
  afterAll(async () => void (await Promise.all([app, main, partner].map(part => part.close()))));

  const list = async (token: string, path: string) => {
    const { status } = await send(app.url, token, '2026-07-28', message('2026-07-28', 'tools/list'), { path });
    return status === 200 ? status : app.auditLog.events.at(-1)!.reason;
  };
  const token = (world: World, aud: string) => world.userToken({ claims: { aud } });

  it('takes those of its issuer for its audience', async () => {
    expect(await list(token(partner, API), '/delivery')).toBe(200);
  });

  it('takes none of another issuer, not even for its audience', async () => {
    expect(await list(token(main, API), '/delivery')).toBe('issuer_unknown');
  });

  it('takes none for its URL, which is no audience then', async () => {
    expect(await list(token(partner, DELIVERY), '/delivery')).toBe('audience_refused');
  });

  it('shares its tokens with no other route, and takes none of theirs', async () => {
    expect(await list(token(partner, API), '/mcp')).toBe('audience_refused');
    expect(await list(token(partner, MCP), '/delivery')).toBe('audience_refused');
    for (const world of [main, partner]) expect(await list(token(world, MCP), '/mcp')).toBe(200);
  });

  it('says in its metadata what it takes, and the application what the others take', async () => {
    const document = async (path: string) => (await fetch(app.url + METADATA + path)).json();
    expect(await document('/delivery')).toMatchObject({
      resource: DELIVERY,
      authorization_servers: [partner.issuer],
      scopes_supported: ['deliveries:read'],
    });
    for (const path of ['', '/mcp'])
      expect(await document(path)).toMatchObject({
        resource: MCP,
        authorization_servers: [main.issuer, partner.issuer],
        scopes_supported: ['orders:read'],
      });
  });

  it.each([
    ['/mcp', 'orders:read'],
    ['/delivery', 'deliveries:read'],
  ])('leads who comes to %s without a token to its own scopes', async (path, scope) => {
    const response = await fetch(app.url + path, { method: 'POST' });
    expect(response.headers.get('www-authenticate')).toContain(`scope="${scope}"`);
  });

  it.each<[string, Partial<EieMcpOptions>, string]>([
    [
      'its own audience without a resource',
      { audience: [API] },
      'The route with "audience" needs a "resource" of its own',
    ],
    [
      'issuers of its own without a resource',
      { issuers: ['https://as.test'] },
      'The route with "issuers" needs a "resource"',
    ],
    [
      'scopes of its own for the application',
      { resource: MCP, scopesSupported: ['a'] },
      'The route with "scopesSupported" needs',
    ],
    [
      'an unknown issuer',
      { resource: DELIVERY, issuers: ['https://as.test'] },
      'The issuer https://as.test of https://delivery.shop.test/delivery must be one of',
    ],
    [
      'the audience of the application',
      { resource: DELIVERY, audience: [MCP] },
      `The audience ${MCP} of ${DELIVERY} is that of another route`,
    ],
    ['no issuer', { resource: DELIVERY, issuers: [] }, 'issuers must name at least one issuer'],
    ['no audience', { resource: DELIVERY, audience: [] }, 'audience must name at least one audience'],
  ])('does not start with %s', async (_what, delivery, problem) => {
    await expect((async () => start(delivery))()).rejects.toThrow(problem);
  });

  it('may name an issuer that only a source knows', async () => {
    const found = partner.issuerOptions();
    class Source extends IssuerSource {
      readonly advertised = [partner.issuer];
      find = (issuer: string) => Promise.resolve(issuer === partner.issuer ? found : undefined);
    }
    const other = await start({ resource: DELIVERY, issuers: [partner.issuer] }, [new Source()] as never);
    const sent = await send(other.url, token(partner, DELIVERY), '2026-07-28', message('2026-07-28', 'tools/list'), {
      path: '/delivery',
    });
    expect(sent.status).toBe(200);
    await other.close();
  });
});
