import { decodeJwt } from 'jose';
import { workos } from 'nestjs-eie/presets';
import { ENVIRONMENT, workosTokens } from '../presets/fixtures/workos.js';
import { jwks } from '../presets/providers.js';
import { ORDERS } from '../support/world.js';
import { APPLICATION, M2M, workosFake } from './fakes/workos.js';
import { type Shop, startShop } from './shop.js';
import { Refusal, startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

const USER = workosTokens.access;
const options = workos({
  domain: 'shop.authkit.test',
  tenants: ['org_01HRDMC6CM357W30QMHMQ96Q0S'],
  jwks,
  client: APPLICATION,
});
const target = { resource: ORDERS, scopes: ['orders:read'] };
const own = { client: M2M, audience: ENVIRONMENT };

describe('WorkOS Connect, token exchange', () => {
  let endpoint: TokenEndpoint;
  let shop: Shop;

  beforeAll(async () => {
    endpoint = await startTokenEndpoint(workosFake());
    shop = await startShop(endpoint, options, target, own);
  });
  afterAll(() => shop?.close());

  it('is asked by the resource of the target, with the secret in the body', async () => {
    const { asked, inbound } = await shop.call('delegated', USER);
    expect(asked).toEqual([
      {
        client: { id: APPLICATION.clientId, method: 'client_secret_post' },
        parameters: {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: inbound,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          resource: ORDERS,
          scope: 'orders:read',
          client_id: APPLICATION.clientId,
          client_secret: APPLICATION.auth.secret,
        },
      },
    ]);
  });

  it('names this server as the actor of the same user and organization, and that is delegation', async () => {
    const { result, sent, outcome } = await shop.call('delegated', USER);
    expect({ result, outcome }).toMatchObject({
      result: 'ok',
      outcome: { delegation_requested: 'delegation', delegation_effective: 'delegation' },
    });
    expect(decodeJwt(sent[0]!)).toMatchObject({
      sub: USER.claims.sub,
      org_id: USER.claims.org_id,
      aud: ORDERS,
      scope: 'orders:read',
      act: { sub: APPLICATION.clientId },
    });
  });

  it('cannot give a restricted token of the user, since it always names the server: nothing is sent', async () => {
    const { result, sent } = await shop.call('restricted', USER);
    expect({ result, sent }).toEqual({ result: 'delegated_token_refused', sent: [] });
  });

  it('is asked for a token of the server itself as an M2M application, whose only audience is the environment', async () => {
    const { asked, sent } = await shop.call('service', USER);
    expect(asked.map(({ parameters }) => parameters)).toEqual([
      {
        grant_type: 'client_credentials',
        scope: 'orders:read',
        client_id: M2M.clientId,
        client_secret: M2M.auth.secret,
      },
    ]);
    expect(decodeJwt(sent[0]!)).toMatchObject({ aud: ENVIRONMENT, sub: M2M.clientId });
  });

  it.each([
    ['invalid_grant', 'delegation_reauthenticate', 'refused'],
    ['invalid_target', 'delegation_audience_unavailable', 'refused'],
    ['invalid_client', 'delegation_misconfigured', 'failed'],
  ])('that answers %s ends in %s, and nothing is sent', async (error, code, outcome) => {
    endpoint.next = new Refusal(400, { error });
    const called = await shop.call('delegated', USER);
    expect(called).toMatchObject({ result: code, sent: [], outcome: { outcome, reason: code } });
  });
});

describe("WorkOS Connect, with an M2M application that was granted more than the target's scopes", () => {
  let shop: Shop;

  beforeAll(
    async () =>
      (shop = await startShop(
        await startTokenEndpoint(workosFake(['orders:read', 'orders:write'])),
        options,
        target,
        own,
      )),
  );
  afterAll(() => shop?.close());

  it('is not believed: the token says more than the answer, and nothing is sent', async () => {
    const { result, sent } = await shop.call('service', USER);
    expect({ result, sent }).toEqual({ result: 'delegated_token_refused', sent: [] });
  });
});
