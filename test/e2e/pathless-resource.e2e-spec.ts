import { type CanActivate, Controller, type ExecutionContext, Get, Injectable } from '@nestjs/common';
import { issuerPolicy, remoteKeys, verifyAccessToken } from 'execution-identity';
import { Authenticated, Identity, Unmanaged } from 'nestjs-eie';
import { EieMcpModule, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }
}

/** A guard of the application, which is lent the credentials of others and never those for this server. */
@Injectable()
class OwnGuard implements CanActivate {
  static seen: string | undefined;

  canActivate(context: ExecutionContext): boolean {
    OwnGuard.seen = context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers.authorization;
    return true;
  }
}

@Controller('own')
class OwnController {
  @Get()
  @Unmanaged(OwnGuard, { reason: 'its callers have API keys' })
  own() {
    return 'own';
  }
}

const [BARE, SLASHED] = ['https://mcp.shop.test', 'https://mcp.shop.test/'];

describe.each(ADAPTERS)('a server without a path in its resource, on %s', adapter => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  describe.each([BARE, SLASHED])('configured as %s', resource => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startApp(world, {
        adapter,
        controllers: [MeController, OwnController],
        providers: [OwnGuard],
        options: { resource },
      });
    });
    afterAll(() => app.close());
    const get = (token: string, path = '/me') =>
      fetch(app.url + path, { headers: { authorization: `Bearer ${token}` } });
    const inCore = (token: string) =>
      verifyAccessToken(
        token,
        new Map([
          [
            world.issuer,
            issuerPolicy({
              issuer: world.issuer,
              keys: remoteKeys(world.jwksUri),
              algorithms: ['ES256'],
              audience: [resource],
              tenants: ['acme'],
              user: { claim: 'sub_profile' },
            }),
          ],
        ]),
      );

    it.each([BARE, SLASHED])(
      'takes a token for %s: official clients ask for the one, operators write the other',
      async aud => {
        const token = world.userToken({ claims: { aud } });
        expect((await get(token)).status).toBe(200);
        await expect(inCore(token)).resolves.toMatchObject({ audience: [resource] });
      },
    );

    it.each([`${BARE}//`, `${BARE}/mcp`, `${BARE}:443/`, 'https://MCP.shop.test/', 'http://mcp.shop.test/'])(
      'takes none for %s',
      async aud => {
        const token = world.userToken({ claims: { aud } });
        expect((await get(token)).status).toBe(401);
        expect(app.auditLog.events.at(-1)).toMatchObject({ reason: 'audience_refused' });
        await expect(inCore(token)).rejects.toMatchObject({ code: 'audience_refused' });
      },
    );

    it('has one spelling of its issuer all the same', async () => {
      const token = world.userToken({ claims: { iss: `${world.issuer}/`, aud: resource } });
      expect((await get(token)).status).toBe(401);
      expect(app.auditLog.events.at(-1)).toMatchObject({ reason: 'issuer_unknown' });
      await expect(inCore(token)).rejects.toMatchObject({ code: 'issuer_unknown' });
    });

    it('lends a token for it to no guard of the application, however its audience is spelt', async () => {
      for (const aud of [BARE, SLASHED]) {
        OwnGuard.seen = undefined;
        expect((await get(world.userToken({ claims: { aud } }), '/own')).status).toBe(200);
        expect(OwnGuard.seen).toBeUndefined();
      }
      const foreign = world.userToken({ claims: { aud: 'https://other.test/' } });
      await get(foreign, '/own');
      expect(OwnGuard.seen).toBe(`Bearer ${foreign}`);
    });
  });
});

@ToolController()
class NoTools {}

describe('a route whose resource is that of another in the other spelling', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  const start = (main: string, route: string) =>
    startApp(world, {
      imports: [
        EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1', include: [NoTools], resource: route }),
      ],
      providers: [NoTools],
      options: { resource: main },
    });

  it.each([
    [BARE, SLASHED],
    [SLASHED, BARE],
    ['https://shop.test/mcp', SLASHED],
  ])('does not start: the application has %s and the route %s', async (main, route) => {
    await expect(start(main, route)).rejects.toThrow(`The resource ${route} has its metadata where ${main} has it`);
  });
});
