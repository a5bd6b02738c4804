import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Authenticated, EieConfigurationError, EieModule, type IssuerOptions, IssuerSource } from 'nestjs-eie';
import { keycloak } from 'nestjs-eie/presets';
import { ADAPTERS, createAdapter, RecordingLog, startApp } from '../support/app.js';
import { startLyingIssuer } from '../support/lying-issuer.js';
import { MCP, startWorld } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me() {
    return 'me';
  }
}

describe.each(ADAPTERS)('a resource and an issuer are enough for a server on %s', adapter => {
  const folder = process.cwd();
  let empty: string;
  beforeAll(async () => {
    empty = await mkdtemp(join(tmpdir(), 'eie-'));
    process.chdir(empty);
  });
  afterAll(async () => {
    process.chdir(folder);
    await rm(empty, { recursive: true });
  });

  it('which names its authorization server, asks for a token, and publishes no keys, since it signs nothing', async () => {
    const module = await Test.createTestingModule({
      controllers: [MeController],
      imports: [
        EieModule.forRoot({ resource: MCP, issuers: [keycloak({ url: 'https://id.shop.test', realm: 'shop' })] }),
      ],
    }).compile();
    const app = module.createNestApplication(createAdapter(adapter), { logger: false });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const metadata = await fetch(`${url}/.well-known/oauth-protected-resource/mcp`);
    expect(await metadata.json()).toMatchObject({ authorization_servers: ['https://id.shop.test/realms/shop'] });
    expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(404);
    expect((await fetch(`${url}/me`)).status).toBe(401);
    await app.close();
  });
});

describe('signing: "ephemeral"', () => {
  const { NODE_ENV } = process.env;
  afterEach(() => {
    process.env.NODE_ENV = NODE_ENV;
  });

  const boot = async (environment: string | undefined): Promise<void> => {
    if (environment === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = environment;
    const module = await Test.createTestingModule({
      imports: [
        EieModule.forRoot({
          resource: MCP,
          issuers: [keycloak({ url: 'https://id.shop.test', realm: 'shop' })],
          signing: 'ephemeral',
          audit: { log: new RecordingLog() },
        }),
      ],
    })
      .setLogger(false as never)
      .compile();
    await module.close();
  };

  it.each(['development', 'test'])('is a key of this process where NODE_ENV is %s', boot);

  it.each([undefined, '', 'production', 'staging', 'Development'])(
    'does not boot where NODE_ENV is %j',
    async environment => {
      const attempt = boot(environment);
      await expect(attempt).rejects.toThrow(EieConfigurationError);
      await expect(attempt).rejects.toThrow(
        'signing is "ephemeral", which works only where NODE_ENV is "development" or "test": give { keys: [private JWK, ...] }',
      );
    },
  );
});

describe('sources of issuers', () => {
  class One extends IssuerSource {
    readonly advertised: string[];

    constructor(private readonly options: IssuerOptions) {
      super();
      this.advertised = [options.issuer];
    }

    find(issuer: string): Promise<IssuerOptions | undefined> {
      return Promise.resolve(issuer === this.options.issuer ? this.options : undefined);
    }
  }

  it('stand beside configured issuers, as many as there are: the tokens of each are believed', async () => {
    const world = await startWorld();
    const [first, second] = await Promise.all([startLyingIssuer(), startLyingIssuer()]);
    const app = await startApp(world, {
      controllers: [MeController],
      options: { issuers: [new One(first.issuerOptions), world.issuerOptions(), new One(second.issuerOptions)] },
    });
    const status = async (token: string) =>
      (await fetch(`${app.url}/me`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await Promise.all([world.userToken(), first.userToken, second.userToken].map(status))).toEqual([
      200, 200, 200,
    ]);
    const metadata = await fetch(`${app.url}/.well-known/oauth-protected-resource`);
    expect(await metadata.json()).toMatchObject({
      authorization_servers: [first.issuerOptions.issuer, world.issuer, second.issuerOptions.issuer],
    });
    await Promise.all([app, world, first, second].map(part => part.close()));
  });
});
