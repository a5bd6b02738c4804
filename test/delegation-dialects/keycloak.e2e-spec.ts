import { decodeJwt } from 'jose';
import { keycloak } from 'nestjs-eie/presets';
import { having } from '../presets/fixtures/tokens.js';
import { keycloakTokens } from '../presets/fixtures/keycloak.js';
import { jwks } from '../presets/providers.js';
import { MCP } from '../support/world.js';
import { CLIENT, ISSUER, keycloakFake, ORDERS_API } from './fakes/keycloak.js';
import { type Shop, startShop } from './shop.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

/** The server is two audiences to Keycloak: the resource for clients, and the client that may exchange. */
const userToken = having(keycloakTokens.access, { aud: [MCP, 'mcp-server'] });
const options = keycloak({
  url: 'https://id.shop.test',
  realm: 'shop',
  jwks,
  client: CLIENT,
  toleratedAudiences: ['mcp-server'],
});
const target = { resource: ORDERS_API, scopes: ['orders:read', 'orders:write'] };

const CLIENT_ASSERTION = {
  client_id: 'mcp-server',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: expect.any(String),
};

describe('Keycloak, standard token exchange', () => {
  let endpoint: TokenEndpoint;
  let shop: Shop;

  beforeAll(async () => {
    endpoint = await startTokenEndpoint(keycloakFake());
    shop = await startShop(endpoint, options, target);
  });
  afterAll(() => shop?.close());

  it('is asked by the client id of the target, and by nothing that it does not support', async () => {
    const { asked, inbound, sent } = await shop.call('impersonated', userToken);
    expect(asked.map(({ parameters }) => parameters)).toEqual([
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: inbound,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience: 'orders-api',
        scope: 'orders:read',
        ...CLIENT_ASSERTION,
      },
    ]);
    expect(asked[0]!.assertion!.claims.aud).toBe(ISSUER);
    expect(decodeJwt(sent[0]!)).toMatchObject({
      aud: 'orders-api',
      azp: 'mcp-server',
      sub: userToken.claims.sub,
      scope: 'orders:read',
    });
  });

  it('impersonates where delegation was asked for, which the audit log says where the operator accepts it', async () => {
    const { result, outcome } = await shop.call('impersonated', userToken);
    expect({ result, outcome }).toMatchObject({
      result: 'ok',
      outcome: { outcome: 'ok', delegation_requested: 'delegation', delegation_effective: 'impersonation' },
    });
  });

  it('is not believed without an actor where evidence of one is required, and nothing is sent', async () => {
    const { result, sent, outcome } = await shop.call('delegated', userToken);
    expect({ result, sent }).toEqual({ result: 'delegated_token_refused', sent: [] });
    expect(outcome).toMatchObject({
      outcome: 'refused',
      delegation_requested: 'delegation',
      delegation_effective: null,
    });
  });

  it('gives a restricted token of the user, which is what it was asked for', async () => {
    const { result, outcome } = await shop.call('restricted', userToken);
    expect({ result, outcome }).toMatchObject({
      result: 'ok',
      outcome: { delegation_requested: 'impersonation', delegation_effective: 'impersonation' },
    });
  });

  it('is asked for a token of the server itself by its scopes alone', async () => {
    const { asked, sent } = await shop.call('service', userToken);
    expect(asked.map(({ parameters }) => parameters)).toEqual([
      { grant_type: 'client_credentials', scope: 'orders:read', ...CLIENT_ASSERTION },
    ]);
    expect(decodeJwt(sent[0]!)).toMatchObject({ aud: 'orders-api', client_id: 'mcp-server', scope: 'orders:read' });
  });

  it('denies a token that does not name this server as a client', async () => {
    const { result, sent } = await shop.call('impersonated', keycloakTokens.access);
    expect({ result, sent }).toEqual({ result: 'delegation_denied', sent: [] });
  });
});

describe.each([
  ['user', 'impersonated'],
  ['server', 'service'],
] as const)('Keycloak with default client scopes at the requester, for the %s', (_whose, way) => {
  let shop: Shop;

  beforeAll(
    async () =>
      (shop = await startShop(await startTokenEndpoint(keycloakFake(['profile', 'orders:write'])), options, target)),
  );
  afterAll(() => shop?.close());

  it('answers with scopes that nobody asked for: it is not believed, and nothing is sent', async () => {
    const { result, sent, outcome } = await shop.call(way, userToken);
    expect({ result, sent }).toEqual({ result: 'delegated_token_refused', sent: [] });
    expect(outcome).toMatchObject({ outcome: 'refused', reason: 'delegated_token_refused' });
  });
});
