import { Controller, Get, type Type, VersioningType } from '@nestjs/common';
import { Authenticated, Public } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { MCP, startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me() {
    return 'me';
  }
}

/** As single-page applications have it. */
function pageAt(path: string): Type {
  @Controller()
  class PageController {
    @Get(path)
    @Public({ reason: 'The page is for everybody.' })
    page() {
      return 'the page';
    }
  }
  return PageController;
}

const PATHS = ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp'];

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());

  const set = {
    adapter,
    controllers: [MeController],
    options: { authorization: { scopesSupported: ['orders:read'] } },
  };
  const layouts = {
    plain: () => startApp(world, set),
    'with a page at every other path': () =>
      startApp(world, { ...set, controllers: [MeController, pageAt(adapter === 'express' ? '*path' : '*')] }),
    'with a global prefix': () => startApp(world, { ...set, prepare: app => app.setGlobalPrefix('api') }),
    'with URI versioning': () =>
      startApp(world, {
        ...set,
        prepare: app => app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
      }),
    'with both': () =>
      startApp(world, {
        ...set,
        prepare: app =>
          void app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
      }),
  };

  describe.each(Object.keys(layouts) as (keyof typeof layouts)[])('an application %s', layout => {
    let app: TestApp;
    beforeAll(async () => {
      app = await layouts[layout]();
    });
    afterAll(() => app?.close());

    it.each(PATHS)('serves the protected resource metadata at %s, without credentials', async path => {
      const response = await fetch(app.url + path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('application/json');
      expect(await response.json()).toEqual({
        resource: MCP,
        authorization_servers: [world.issuer],
        scopes_supported: ['orders:read'],
        bearer_methods_supported: ['header'],
        dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'EdDSA']),
      });
    });

    it('publishes the public half of its sealing keys, and nothing more', async () => {
      const response = await fetch(`${app.url}/.well-known/jwks.json`);
      const { keys } = (await response.json()) as { keys: Record<string, unknown>[] };
      expect(keys).toHaveLength(1);
      expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    });

    it('points to the metadata in the challenge of its protected handlers, and names the scopes to begin with', async () => {
      const path = {
        plain: '',
        'with a page at every other path': '',
        'with a global prefix': '/api',
        'with URI versioning': '/v1',
        'with both': '/api/v1',
      }[layout];
      const response = await fetch(`${app.url}${path}/me`);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(
        /^Bearer scope="orders:read", resource_metadata="https:\/\/mcp\.shop\.test\/\.well-known\/oauth-protected-resource\/mcp", DPoP algs="ES256 /,
      );
    });
  });
});
