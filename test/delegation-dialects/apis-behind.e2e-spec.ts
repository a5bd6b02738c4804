import { type IssuerOptions } from 'nestjs-eie';
import { auth0, entraId, keycloak, okta, workos, zitadel } from 'nestjs-eie/presets';
import { auth0Tokens } from '../presets/fixtures/auth0.js';
import { API, entraIdTokens, TENANT } from '../presets/fixtures/entra-id.js';
import { keycloakTokens } from '../presets/fixtures/keycloak.js';
import { oktaTokens } from '../presets/fixtures/okta.js';
import { type DocumentedToken, having } from '../presets/fixtures/tokens.js';
import { workosTokens } from '../presets/fixtures/workos.js';
import { PROJECT, zitadelTokens } from '../presets/fixtures/zitadel.js';
import { jwks, MeModule } from '../presets/providers.js';
import { type DoorApp, startDoor } from '../support/door.js';
import { MCP, ORDERS, startWorld, type World } from '../support/world.js';
import * as auth0Fake from './fakes/auth0.js';
import * as entraIdFake from './fakes/entra-id.js';
import * as keycloakFake from './fakes/keycloak.js';
import * as oktaFake from './fakes/okta.js';
import * as workosFake from './fakes/workos.js';
import * as zitadelFake from './fakes/zitadel.js';
import { startShop, type Target, type Way } from './shop.js';
import { type Provider, startTokenEndpoint } from './token-endpoint.js';

const READ = `${zitadelFake.ROLE}orders.read`;
const at = {
  keycloak: (more: object) => keycloak({ url: 'https://id.shop.test', realm: 'shop', jwks, ...more }),
  auth0: (more: object) => auth0({ domain: 'shop.eu.auth0.test', tenants: ['org_9ybsU1dN2dKfDkBi'], jwks, ...more }),
  okta: (more: object) =>
    okta({
      domain: 'shop.okta.test',
      authorizationServerId: 'aus9o8wzkhckw9TLa0h7',
      audience: ['api://shop'],
      jwks,
      ...more,
    }),
  zitadel: (projectId: string, more: object) =>
    zitadel({ domain: 'shop.zitadel.test', projectId, tenants: ['69234237810000001'], jwks, ...more }),
  workos: (more: object) =>
    workos({ domain: 'shop.authkit.test', tenants: ['org_01HRDMC6CM357W30QMHMQ96Q0S'], jwks, ...more }),
  entraId: (audience: string, more: object) => entraId({ tenantId: TENANT, audience: [audience], jwks, ...more }),
};

interface Case {
  fake: Provider;
  server: IssuerOptions;
  way: Way;
  target: Target;
  token: DocumentedToken;
  /** The same provider, as the API behind is told of it. */
  api: IssuerOptions;
  user: string;
}

const CASES: [provider: string, case_: Case][] = [
  [
    'Keycloak',
    {
      fake: keycloakFake.keycloakFake(),
      server: at.keycloak({ client: keycloakFake.CLIENT, toleratedAudiences: ['mcp-server'] }),
      way: 'impersonated',
      target: { resource: 'orders-api', scopes: ['orders:read'] },
      token: having(keycloakTokens.access, { aud: [MCP, 'mcp-server'] }),
      api: at.keycloak({ audience: ['orders-api'] }),
      user: keycloakTokens.access.claims.sub as string,
    },
  ],
  [
    'Auth0, where an actor is the evidence of a user',
    {
      fake: auth0Fake.auth0Fake(),
      server: at.auth0({ client: auth0Fake.CLIENT }),
      way: 'delegated',
      target: { resource: ORDERS, scopes: ['orders:read'] },
      token: auth0Tokens.access,
      api: at.auth0({ audience: [ORDERS], actorType: { user: { claim: 'act' } } }),
      user: auth0Tokens.access.claims.sub as string,
    },
  ],
  [
    'Okta',
    {
      fake: oktaFake.oktaFake(),
      server: at.okta({ client: oktaFake.CLIENT }),
      way: 'impersonated',
      target: { resource: 'api://shop', scopes: ['orders:read'] },
      token: having(oktaTokens.access, { aud: 'api://shop' }),
      api: at.okta({}),
      user: 'john.doe@example.com',
    },
  ],
  [
    'ZITADEL',
    {
      fake: zitadelFake.zitadelFake(),
      server: at.zitadel(PROJECT, {
        client: zitadelFake.APPLICATION,
        toleratedAudiences: [zitadelFake.ORDERS_PROJECT],
      }),
      way: 'impersonated',
      target: { resource: zitadelFake.ORDERS_PROJECT, scopes: [READ] },
      token: having(zitadelTokens.access, { aud: [PROJECT, zitadelFake.ORDERS_PROJECT], scope: READ }),
      api: at.zitadel(zitadelFake.ORDERS_PROJECT, {}),
      user: zitadelTokens.access.claims.sub as string,
    },
  ],
  [
    'WorkOS',
    {
      fake: workosFake.workosFake(),
      server: at.workos({ client: workosFake.APPLICATION }),
      way: 'delegated',
      target: { resource: ORDERS, scopes: ['orders:read'] },
      token: workosTokens.access,
      api: at.workos({ audience: [ORDERS] }),
      user: workosTokens.access.claims.sub as string,
    },
  ],
  [
    'Entra ID',
    {
      fake: entraIdFake.entraIdFake(),
      server: at.entraId(API, { client: entraIdFake.CLIENT }),
      way: 'impersonated',
      target: {
        resource: entraIdFake.ORDERS_URI,
        audience: entraIdFake.ORDERS_API,
        scopes: { 'orders:read': ['Orders.Read'] },
      },
      token: entraIdTokens.access,
      api: at.entraId(entraIdFake.ORDERS_API, {}),
      user: entraIdTokens.access.claims.oid as string,
    },
  ],
];

describe('an API behind the server that takes the tokens of the same provider', () => {
  let world: World;
  beforeAll(async () => (world = await startWorld()));
  afterAll(() => world?.close());

  it.each(CASES)(
    'knows the user in a token that %s exchanged',
    async (_provider, { fake, server, way, target, token, api, user }) => {
      const shop = await startShop(await startTokenEndpoint(fake), server, target);
      const { sent } = await shop.call(way, token);
      await shop.close();
      const door: DoorApp = await startDoor(world, { imports: [MeModule], options: { issuers: [api] } });
      const { status, body } = await door.send(['Authorization', `Bearer ${sent[0]!}`], { path: '/me' });
      await door.close();
      expect({ status, actor: JSON.parse(body).actor }).toMatchObject({
        status: 200,
        actor: { type: 'user', sub: user },
      });
    },
  );
});
