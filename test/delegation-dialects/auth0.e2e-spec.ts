import { decodeJwt } from 'jose';
import { auth0 } from 'nestjs-eie/presets';
import { auth0Tokens } from '../presets/fixtures/auth0.js';
import { having } from '../presets/fixtures/tokens.js';
import { jwks } from '../presets/providers.js';
import { ORDERS } from '../support/world.js';
import { auth0Fake, CLIENT, ISSUER } from './fakes/auth0.js';
import { type Shop, startShop } from './shop.js';
import { Refusal, startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

const USER = auth0Tokens.access;
const options = auth0({ domain: 'shop.eu.auth0.test', tenants: ['org_9ybsU1dN2dKfDkBi'], jwks, client: CLIENT });
const target = { resource: ORDERS, scopes: ['orders:read'] };

const CLIENT_ASSERTION = {
  client_id: 'mcp_server_client_id',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: expect.any(String),
};

describe('Auth0, on-behalf-of token exchange', () => {
  let endpoint: TokenEndpoint;
  let shop: Shop;

  beforeAll(async () => {
    endpoint = await startTokenEndpoint(auth0Fake());
    shop = await startShop(endpoint, options, target);
  });
  afterAll(() => shop?.close());

  it('is asked by the audience of the target, as the Custom API Client', async () => {
    const { asked, inbound } = await shop.call('delegated', USER);
    expect(asked.map(({ parameters }) => parameters)).toEqual([
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: inbound,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience: ORDERS,
        scope: 'orders:read',
        ...CLIENT_ASSERTION,
      },
    ]);
    expect(asked[0]!.assertion!.claims.aud).toBe(ISSUER);
  });

  it('names this server over the client that the user came through, and that is delegation', async () => {
    const { result, sent, outcome } = await shop.call('delegated', USER);
    expect({ result, outcome }).toMatchObject({
      result: 'ok',
      outcome: { outcome: 'ok', delegation_requested: 'delegation', delegation_effective: 'delegation' },
    });
    expect(decodeJwt(sent[0]!)).toMatchObject({
      sub: USER.claims.sub,
      aud: ORDERS,
      org_id: USER.claims.org_id,
      act: { sub: 'mcp_server_client_id', act: { sub: USER.claims.client_id } },
    });
  });

  it("keeps a chain that the user's token has already", async () => {
    const { result, sent } = await shop.call(
      'delegated',
      having(USER, { act: { sub: USER.claims.client_id, act: { sub: 'first' } } }),
    );
    expect(result).toBe('ok');
    expect(decodeJwt(sent[0]!).act).toEqual({
      sub: 'mcp_server_client_id',
      act: { sub: USER.claims.client_id, act: { sub: 'first' } },
    });
  });

  it('cannot give a restricted token of the user, since it always names the server: nothing is sent', async () => {
    const { result, sent, outcome } = await shop.call('restricted', USER);
    expect({ result, sent }).toEqual({ result: 'delegated_token_refused', sent: [] });
    expect(outcome).toMatchObject({ outcome: 'refused', delegation_requested: 'impersonation' });
  });

  it('denies a chain that has become too long, and nothing is sent', async () => {
    endpoint.next = new Refusal(400, {
      error: 'invalid_request',
      error_description: 'Delegation chain (`act` claim) depth exceeds the maximum allowed limit of 4',
    });
    const { result, sent, outcome } = await shop.call('delegated', USER);
    expect({ result, sent }).toEqual({ result: 'delegation_denied', sent: [] });
    expect(outcome).toMatchObject({ outcome: 'refused', reason: 'delegation_denied' });
  });

  it('is not believed when it issues a chain of five actors, one more than anybody here reads', async () => {
    const { result, sent } = await shop.call(
      'delegated',
      having(USER, { act: { sub: 'd', act: { sub: 'c', act: { sub: 'b', act: { sub: 'a' } } } } }),
    );
    expect({ result, sent }).toEqual({ result: 'delegated_token_refused', sent: [] });
  });

  it('is asked for a token of the server itself by the same audience', async () => {
    const { asked, sent } = await shop.call('service', USER);
    expect(asked.map(({ parameters }) => parameters)).toEqual([
      { grant_type: 'client_credentials', audience: ORDERS, scope: 'orders:read', ...CLIENT_ASSERTION },
    ]);
    expect(decodeJwt(sent[0]!)).toMatchObject({
      aud: ORDERS,
      sub: 'mcp_server_client_id@clients',
      client_id: 'mcp_server_client_id',
    });
  });
});

describe("Auth0 with a client grant of more than the target's scopes", () => {
  let shop: Shop;

  beforeAll(
    async () =>
      (shop = await startShop(await startTokenEndpoint(auth0Fake(['orders:read', 'orders:write'])), options, target)),
  );
  afterAll(() => shop?.close());

  it('gives the user no more than was asked for', async () => {
    expect((await shop.call('delegated', USER)).result).toBe('ok');
  });

  it('gives the server everything it was granted: that is not believed, and nothing is sent', async () => {
    const { result, sent } = await shop.call('service', USER);
    expect({ result, sent }).toEqual({ result: 'delegated_token_refused', sent: [] });
  });
});
