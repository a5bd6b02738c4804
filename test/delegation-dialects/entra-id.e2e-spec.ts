import { decodeJwt } from 'jose';
import { entraId } from 'nestjs-eie/presets';
import { API, entraIdTokens, TENANT } from '../presets/fixtures/entra-id.js';
import { jwks } from '../presets/providers.js';
import { aadsts, CLIENT, entraIdFake, ORDERS_API, ORDERS_URI } from './fakes/entra-id.js';
import { THUMBPRINT } from './keys.js';
import { type Shop, startShop } from './shop.js';
import { type Refusal, startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

const USER = entraIdTokens.access;
const TOKEN_ENDPOINT = `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`;
const preset = { tenantId: TENANT, audience: [API], jwks, client: CLIENT };
const target = {
  resource: ORDERS_URI,
  audience: ORDERS_API,
  scopes: { 'orders:read': ['Orders.Read'], 'orders:write': ['Orders.Write'] },
};

const CLIENT_ASSERTION = {
  client_id: API,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: expect.any(String),
};
const onBehalfOf = (assertion: string, scope: string) => ({
  grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  assertion,
  requested_token_use: 'on_behalf_of',
  scope,
  ...CLIENT_ASSERTION,
});

describe('Entra ID, on-behalf-of flow', () => {
  let endpoint: TokenEndpoint;
  let shop: Shop;

  beforeAll(async () => {
    endpoint = await startTokenEndpoint(entraIdFake());
    shop = await startShop(endpoint, entraId(preset), target);
  });
  afterAll(() => shop?.close());

  it('is asked by the scopes of the target, each under its URI, and for the claims that name the user everywhere', async () => {
    const { asked, inbound } = await shop.call('impersonated', USER);
    expect(asked.map(({ parameters }) => parameters)).toEqual([
      onBehalfOf(inbound, 'api://orders.shop.test/Orders.Read profile'),
    ]);
  });

  it.each([{ 'orders:read': [`${ORDERS_URI}/Orders.Read`] }, [`${ORDERS_URI}/Orders.Read`]])(
    'is not asked for a scope under the URI twice: the server does not start with %j',
    async scopes => {
      await expect(startShop(endpoint, entraId(preset), { ...target, scopes })).rejects.toThrow(
        /\.scopes must name "Orders\.Read" in place of "api:\/\/orders\.shop\.test\/Orders\.Read"/,
      );
    },
  );

  it('is shown the certificate of the server, in an assertion for its token endpoint', async () => {
    const { asked } = await shop.call('impersonated', USER);
    expect(asked[0]!.assertion).toMatchObject({
      header: { alg: 'PS256', typ: 'JWT', 'x5t#S256': THUMBPRINT },
      claims: { aud: TOKEN_ENDPOINT, iss: API, sub: API },
    });
    expect(asked[0]!.assertion!.header).not.toHaveProperty('kid');
  });

  it('gives a token of the same user, whom it calls by another sub there', async () => {
    const { result, sent } = await shop.call('impersonated', USER);
    expect(result).toBe('ok');
    const { sub, ...claims } = decodeJwt(sent[0]!);
    expect(claims).toMatchObject({ oid: USER.claims.oid, tid: TENANT, aud: ORDERS_API, azp: API, scp: 'Orders.Read' });
    expect(sub).not.toBe(USER.claims.sub);
  });

  it('names no actor, which the audit log says where the operator accepts it', async () => {
    const { outcome } = await shop.call('impersonated', USER);
    expect(outcome).toMatchObject({
      actor_sub: USER.claims.oid,
      outcome: 'ok',
      delegation_requested: 'delegation',
      delegation_effective: 'impersonation',
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

  it('is asked for a token of the server itself by /.default, the one scope it then knows', async () => {
    const { asked, sent } = await shop.call('service', USER);
    expect(asked.map(({ parameters }) => parameters)).toEqual([
      { grant_type: 'client_credentials', scope: 'api://orders.shop.test/.default', ...CLIENT_ASSERTION },
    ]);
    expect(decodeJwt(sent[0]!)).toMatchObject({ idtyp: 'app', azp: API, aud: ORDERS_API });
  });

  it('sends the client back for more: its claims challenge reaches the client, word for word', async () => {
    const claims = '{"access_token":{"polids":{"essential":true,"values":["9ab03e19-ed42-4168-b6b7-7001fb3e933a"]}}}';
    endpoint.next = refusal(() =>
      aadsts(400, 'interaction_required', 50079, 'You must enroll in multifactor authentication', {
        suberror: 'basic_action',
        claims,
      }),
    );
    const { result, sent, challenge, outcome } = await shop.call('impersonated', USER);
    expect({ result, sent }).toEqual({ result: 'delegation_step_up', sent: [] });
    expect(challenge).toContain('Bearer error="insufficient_claims"');
    expect(Buffer.from(/claims="([^"]+)"/.exec(challenge!)![1]!, 'base64').toString()).toBe(claims);
    expect(challenge).not.toContain('AADSTS');
    expect(outcome).toMatchObject({ outcome: 'refused', reason: 'delegation_step_up' });
  });

  it.each([
    [
      'AADSTS50013, an assertion it does not take',
      'delegation_reauthenticate',
      'refused',
      () => aadsts(400, 'invalid_grant', 50013, 'Assertion failed signature validation'),
    ],
    [
      'AADSTS7000215, a credential it does not know',
      'delegation_misconfigured',
      'failed',
      () => aadsts(401, 'invalid_client', 7000215, 'Invalid client secret provided'),
    ],
    [
      'AADSTS500011, a resource it does not know',
      'delegation_audience_unavailable',
      'refused',
      () => aadsts(400, 'invalid_resource', 500011, 'The resource principal was not found'),
    ],
  ])('that answers %s ends in %s, and nothing is sent', async (_error, code, outcome, answer) => {
    endpoint.next = refusal(answer);
    expect(await shop.call('impersonated', USER)).toMatchObject({
      result: code,
      sent: [],
      outcome: { outcome, reason: code },
    });
  });
});

describe('Entra ID, asked for /.default', () => {
  it.each([
    ['gives what was consented to, if that is no more than was asked for', ['Orders.Read'], 'ok', 1],
    [
      'gives all that was ever consented to: what is more is not believed, and nothing is sent',
      ['Orders.Read', 'Orders.Write'],
      'delegated_token_refused',
      0,
    ],
  ])('%s', async (_what, consented, result, sent) => {
    const shop = await startShop(
      await startTokenEndpoint(entraIdFake(consented)),
      entraId({ ...preset, exchange: { defaultScope: true } }),
      target,
    );
    const called = await shop.call('impersonated', USER);
    await shop.close();
    expect(called.asked.map(({ parameters }) => parameters)).toEqual([
      onBehalfOf(called.inbound, 'api://orders.shop.test/.default profile'),
    ]);
    expect({ result: called.result, sent: called.sent.length }).toEqual({ result, sent });
  });
});

describe('Entra ID, told what else the server can do', () => {
  it('gets the further parameters of the operator with each exchange, and with nothing else', async () => {
    const claims = '{"access_token":{"xms_cc":{"values":["cp1"]}}}';
    const shop = await startShop(
      await startTokenEndpoint(entraIdFake()),
      entraId({ ...preset, exchange: { parameters: { claims } } }),
      target,
    );
    const [exchange, own] = [await shop.call('impersonated', USER), await shop.call('service', USER)];
    await shop.close();
    expect(exchange.asked.map(({ parameters }) => parameters)).toEqual([
      { ...onBehalfOf(exchange.inbound, 'api://orders.shop.test/Orders.Read profile'), claims },
    ]);
    expect(own.asked[0]!.parameters).not.toHaveProperty('claims');
    expect([exchange.result, own.result]).toEqual(['ok', 'ok']);
  });
});

describe('Entra ID, whose answer names more than the scopes of the target', () => {
  it.each([
    ['what was asked for beside them, and gives no right there', [`${ORDERS_URI}/.default`, 'profile'], 'ok'],
    ['what nobody asked for', ['email'], 'delegated_token_refused'],
    ['a scope of the target that is called like it', [`${ORDERS_URI}/profile`], 'delegated_token_refused'],
    ['a scope of another API', ['https://graph.microsoft.com/User.Read'], 'delegated_token_refused'],
  ])('%s', async (_what, beside, result) => {
    const shop = await startShop(
      await startTokenEndpoint(entraIdFake(['Orders.Read'], beside)),
      entraId(preset),
      target,
    );
    const called = await shop.call('impersonated', USER);
    await shop.close();
    expect({ result: called.result, sent: called.sent.length }).toEqual({ result, sent: result === 'ok' ? 1 : 0 });
  });
});

describe('Entra ID, asked in the words of RFC 8693', () => {
  it('does not know the grant: that is a mistake of the operator (AADSTS70003), and nothing is sent', async () => {
    const shop = await startShop(
      await startTokenEndpoint(entraIdFake()),
      entraId({ ...preset, exchange: { dialect: 'rfc8693' } }),
      target,
    );
    const called = await shop.call('impersonated', USER);
    await shop.close();
    expect(called).toMatchObject({
      result: 'delegation_misconfigured',
      sent: [],
      outcome: { outcome: 'failed', reason: 'delegation_misconfigured' },
    });
  });
});

function refusal(answer: () => never): Refusal {
  try {
    return answer();
  } catch (error) {
    return error as Refusal;
  }
}
