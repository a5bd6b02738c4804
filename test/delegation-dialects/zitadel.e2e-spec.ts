import { decodeJwt } from 'jose';
import { zitadel } from 'nestjs-eie/presets';
import { having } from '../presets/fixtures/tokens.js';
import { PROJECT, zitadelTokens } from '../presets/fixtures/zitadel.js';
import { jwks } from '../presets/providers.js';
import { APPLICATION, AUDIENCE_SCOPE, ORDERS_PROJECT, ROLE, SERVICE_USER, zitadelFake } from './fakes/zitadel.js';
import { type Shop, startShop } from './shop.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

const READ = `${ROLE}orders.read`;
/** Asked for both projects, and with its scopes in ZITADEL's own words. */
const USER = having(zitadelTokens.access, { aud: [PROJECT, ORDERS_PROJECT], scope: READ });
const preset = {
  domain: 'shop.zitadel.test',
  projectId: PROJECT,
  applications: [ORDERS_PROJECT],
  tenants: ['69234237810000001'],
  jwks,
  client: APPLICATION,
};
const options = zitadel(preset);
const target = { resource: ORDERS_PROJECT, scopes: [READ] };
const own = { client: SERVICE_USER, scopes: { [READ]: ['openid', AUDIENCE_SCOPE, READ] } };

describe('ZITADEL, token exchange', () => {
  let endpoint: TokenEndpoint;
  let shop: Shop;

  beforeAll(async () => {
    endpoint = await startTokenEndpoint(zitadelFake());
    shop = await startShop(endpoint, options, target, own);
  });
  afterAll(() => shop?.close());

  it('is asked by the project of the target and for a JWT, as the application', async () => {
    const { asked, inbound } = await shop.call('impersonated', USER);
    expect(asked).toEqual([
      {
        client: { id: APPLICATION.clientId, method: 'client_secret_basic' },
        parameters: {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: inbound,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          requested_token_type: 'urn:ietf:params:oauth:token-type:jwt',
          audience: ORDERS_PROJECT,
          scope: READ,
        },
      },
    ]);
  });

  it('names no actor, which the audit log says where the operator accepts it', async () => {
    const { result, sent, outcome } = await shop.call('impersonated', USER);
    expect({ result, outcome }).toMatchObject({
      result: 'ok',
      outcome: { delegation_requested: 'delegation', delegation_effective: 'impersonation' },
    });
    expect(decodeJwt(sent[0]!)).toMatchObject({
      sub: USER.claims.sub,
      aud: [ORDERS_PROJECT],
      client_id: APPLICATION.clientId,
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

  it('is asked for a token of the server itself as a service user, and by the scope that names the project', async () => {
    const { asked, sent } = await shop.call('service', USER);
    expect(asked).toEqual([
      {
        client: { id: SERVICE_USER.clientId, method: 'client_secret_basic' },
        parameters: { grant_type: 'client_credentials', scope: `openid ${AUDIENCE_SCOPE} ${READ}` },
      },
    ]);
    expect(decodeJwt(sent[0]!)).toMatchObject({
      aud: [ORDERS_PROJECT],
      client_id: SERVICE_USER.clientId,
      sub_profile: 'service',
    });
  });

  it('adds no project: a token that does not name the target is denied, and nothing is sent', async () => {
    const { result, sent } = await shop.call('impersonated', having(USER, { aud: [PROJECT] }));
    expect({ result, sent }).toEqual({ result: 'delegation_audience_unavailable', sent: [] });
  });
});

const everything = [zitadelFake(() => `${READ} ${ROLE}orders.write`), options] as const;
const opaque = [zitadelFake(), zitadel({ ...preset, exchange: { requestedTokenType: 'access_token' } })] as const;

describe.each([
  ['whose Action writes every right of the user into every token', ...everything],
  ['asked for the type of token that is opaque', ...opaque],
] as const)('ZITADEL %s', (_what, fake, issuer) => {
  let shop: Shop;

  beforeAll(async () => (shop = await startShop(await startTokenEndpoint(fake), issuer, target, own)));
  afterAll(() => shop?.close());

  it('is not believed, and nothing is sent', async () => {
    const { result, sent } = await shop.call('delegated', USER);
    expect({ result, sent }).toEqual({ result: 'delegated_token_refused', sent: [] });
  });
});
