import { decodeJwt } from 'jose';
import { okta } from 'nestjs-eie/presets';
import { oktaTokens } from '../presets/fixtures/okta.js';
import { having } from '../presets/fixtures/tokens.js';
import { jwks } from '../presets/providers.js';
import { AUDIENCE, CLIENT, ISSUER, oktaFake } from './fakes/okta.js';
import { type Shop, startShop } from './shop.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

const USER = having(oktaTokens.access, { aud: AUDIENCE });
const options = okta({
  domain: 'shop.okta.test',
  authorizationServerId: 'aus9o8wzkhckw9TLa0h7',
  audience: [AUDIENCE],
  jwks,
  client: CLIENT,
});
const target = { resource: AUDIENCE, scopes: ['orders:read'] };

const CLIENT_ASSERTION = {
  client_id: '0oa9aw62CPUnXomeU9c5',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: expect.any(String),
};

describe('Okta, on-behalf-of token exchange', () => {
  let endpoint: TokenEndpoint;
  let shop: Shop;

  beforeAll(async () => {
    endpoint = await startTokenEndpoint(oktaFake());
    shop = await startShop(endpoint, options, target);
  });
  afterAll(() => shop?.close());

  it('is asked by the audience of the authorization server, and with assertions for its token endpoint', async () => {
    const { asked, inbound } = await shop.call('impersonated', USER);
    expect(asked.map(({ parameters }) => parameters)).toEqual([
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: inbound,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience: AUDIENCE,
        scope: 'orders:read',
        ...CLIENT_ASSERTION,
      },
    ]);
    expect(asked[0]!.assertion!.claims.aud).toBe(`${ISSUER}/v1/token`);
  });

  it('impersonates where delegation was asked for, which the audit log says where the operator accepts it', async () => {
    const { result, sent, outcome } = await shop.call('impersonated', USER);
    expect({ result, outcome }).toMatchObject({
      result: 'ok',
      outcome: { delegation_requested: 'delegation', delegation_effective: 'impersonation' },
    });
    expect(decodeJwt(sent[0]!)).toMatchObject({
      sub: 'john.doe@example.com',
      uid: USER.claims.uid,
      cid: CLIENT.clientId,
      aud: AUDIENCE,
      scp: ['orders:read'],
    });
  });

  it('is not believed without an actor where evidence of one is required, and nothing is sent', async () => {
    const { result, sent, outcome } = await shop.call('delegated', USER);
    expect({ result, sent }).toEqual({ result: 'delegated_token_refused', sent: [] });
    expect(outcome).toMatchObject({ outcome: 'refused', reason: 'delegated_token_refused' });
  });

  it('gives a restricted token of the user', async () => {
    const { result, outcome } = await shop.call('restricted', USER);
    expect({ result, outcome }).toMatchObject({
      result: 'ok',
      outcome: { delegation_requested: 'impersonation', delegation_effective: 'impersonation' },
    });
  });

  it('is asked for a token of the server itself by its scopes alone', async () => {
    const { asked, sent } = await shop.call('service', USER);
    expect(asked.map(({ parameters }) => parameters)).toEqual([
      { grant_type: 'client_credentials', scope: 'orders:read', ...CLIENT_ASSERTION },
    ]);
    expect(decodeJwt(sent[0]!)).toMatchObject({ sub: CLIENT.clientId, cid: CLIENT.clientId, scp: ['orders:read'] });
  });
});

describe('Okta, when its access policy does not allow the scope', () => {
  let shop: Shop;

  beforeAll(
    async () => (shop = await startShop(await startTokenEndpoint(oktaFake(['orders:write'])), options, target)),
  );
  afterAll(() => shop?.close());

  it.each(['impersonated', 'service'] as const)('denies it (%s), and nothing is sent', async way => {
    const { result, sent } = await shop.call(way, USER);
    expect({ result, sent }).toEqual({ result: 'delegation_denied', sent: [] });
  });
});
