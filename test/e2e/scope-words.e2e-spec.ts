import { Controller, Get } from '@nestjs/common';
import { type IssuerOptions, IssuerSource, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

@Controller('orders')
class OrdersController {
  @Get()
  @RequireScopes('Orders.Write')
  write() {
    return 'written';
  }
}

@ToolController()
class OrderTools {
  @Tool({ name: 'write' })
  @RequireScopes('Orders.Write')
  write() {
    return 'written';
  }
}

const PREFIX = 'api://5b1c/';

class Found extends IssuerSource {
  readonly advertised = [];

  constructor(private readonly options: IssuerOptions) {
    super();
  }

  find(issuer: string) {
    return Promise.resolve(issuer === this.options.issuer ? this.options : undefined);
  }
}

describe.each(ADAPTERS)('an issuer that is asked for scopes by their API, on %s', adapter => {
  let entra: World;
  let other: World;
  let app: TestApp;

  const start = (issuers: (IssuerOptions | IssuerSource)[]) =>
    startMcpApp(entra, {
      adapter,
      controllers: [OrdersController],
      providers: [OrderTools],
      options: {
        issuers,
        authorization: { scopesSupported: ['openid', 'Orders.Read', 'https://graph.test/User.Read'] },
      },
    });
  beforeAll(async () => {
    [entra, other] = await Promise.all([startWorld(), startWorld()]);
    app = await start([entra.issuerOptions({ scopePrefix: PREFIX }), other.issuerOptions()]);
  });
  afterAll(async () => void (await Promise.all([app, entra, other].map(part => part.close()))));

  const get = (token?: string) =>
    fetch(`${app.url}/orders`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });

  it('writes them alone into its tokens, as handlers name them', async () => {
    expect((await get(entra.userToken({ claims: { scope: 'Orders.Write' } }))).status).toBe(200);
    expect((await get(entra.userToken({ claims: { scope: `${PREFIX}Orders.Write` } }))).status).toBe(403);
  });

  it('is asked for a missing one in its words, and another issuer in those of the handler', async () => {
    const challenge = async (world: World) =>
      (await get(world.userToken({ claims: { scope: 'Orders.Read' } }))).headers.get('www-authenticate');
    expect(await challenge(entra)).toContain('scope="api://5b1c/Orders.Write"');
    expect(await challenge(other)).toContain('scope="Orders.Write"');
  });

  it('is asked in its words where only an issuer source knows it', async () => {
    const found = await start([new Found(entra.issuerOptions({ scopePrefix: PREFIX })), other.issuerOptions()]);
    const challenge = async (world: World) =>
      (
        await fetch(`${found.url}/orders`, {
          headers: { authorization: `Bearer ${world.userToken({ claims: { scope: 'Orders.Read' } })}` },
        })
      ).headers.get('www-authenticate');
    expect(await challenge(entra)).toContain('scope="api://5b1c/Orders.Write"');
    expect(await challenge(other)).toContain('scope="Orders.Write"');
    await found.close();
  });

  it.each(ERAS)('is asked in its words by the challenge of a tool, for a client of %s', async era => {
    const asked = message(era, 'tools/call', { name: 'write', arguments: {} });
    const { challenge, status } = await send(
      app.url,
      entra.userToken({ claims: { scope: 'Orders.Read' } }),
      era,
      asked,
    );
    expect(status).toBe(403);
    expect(challenge).toContain('api://5b1c/Orders.Write');
  });

  it('is named in metadata and first challenge by the words of each issuer, and scopes of no API as they are', async () => {
    const words = ['openid', `${PREFIX}Orders.Read`, 'https://graph.test/User.Read', 'Orders.Read'];
    const metadata = await fetch(`${app.url}/.well-known/oauth-protected-resource`);
    expect(await metadata.json()).toMatchObject({ scopes_supported: words });
    expect((await get()).headers.get('www-authenticate')).toContain(`scope="${words.join(' ')}"`);
  });

  it.each(['', 'a b', 'a"'])('does not start with the prefix %j', async scopePrefix => {
    await expect(start([entra.issuerOptions({ scopePrefix })])).rejects.toThrow('issuers[0].scopePrefix must be');
  });
});
