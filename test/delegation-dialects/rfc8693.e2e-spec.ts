import { type ExchangeOptions } from 'nestjs-eie/presets';
import { ORDERS } from '../support/world.js';
import { issuerOptions, rfc8693Fake, userToken } from './fakes/rfc8693.js';
import { type Called, type Shop, startShop, type Target, type Way } from './shop.js';
import { Refusal, startTokenEndpoint } from './token-endpoint.js';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const CLIENT_ASSERTION = {
  client_id: 'mcp-server',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: expect.any(String),
};
const MORE = { connector_id: 'shop', organization: 'acme' };
const ACTOR = 'https://login.shop.test/actors';

const orders: Target = { resource: ORDERS, scopes: ['orders:read', 'orders:write'] };

async function called(
  way: Way,
  exchange: ExchangeOptions | undefined,
  target = orders,
  grants?: string,
): Promise<Called & { inbound: string }> {
  const shop: Shop = await startShop(
    await startTokenEndpoint(rfc8693Fake(undefined, grants)),
    issuerOptions(exchange),
    target,
  );
  return shop.call(way, userToken).finally(() => shop.close());
}

const parameters = ({ asked }: Called) => asked.map(request => request.parameters);

const exchanged = (subject_token: string, more: Record<string, unknown>) => ({
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token,
  subject_token_type: ACCESS_TOKEN,
  scope: 'orders:read',
  ...CLIENT_ASSERTION,
  ...more,
});

describe('an exchange by RFC 8693', () => {
  it.each<[option: string, exchange: ExchangeOptions | undefined, sent: Record<string, string>]>([
    ['nothing said', undefined, { resource: ORDERS, requested_token_type: ACCESS_TOKEN }],
    ['target: resource', { target: 'resource' }, { resource: ORDERS, requested_token_type: ACCESS_TOKEN }],
    ['target: audience', { target: 'audience' }, { audience: ORDERS, requested_token_type: ACCESS_TOKEN }],
    ['target: both', { target: 'both' }, { resource: ORDERS, audience: ORDERS, requested_token_type: ACCESS_TOKEN }],
    ['target: none, where its scopes name it', { target: 'none' }, { requested_token_type: ACCESS_TOKEN }],
    [
      'clientCredentials, which is not its part',
      { clientCredentials: 'none' },
      { resource: ORDERS, requested_token_type: ACCESS_TOKEN },
    ],
    [
      'requestedTokenType: jwt',
      { requestedTokenType: 'jwt' },
      { resource: ORDERS, requested_token_type: 'urn:ietf:params:oauth:token-type:jwt' },
    ],
    ['requestedTokenType: none', { requestedTokenType: 'none' }, { resource: ORDERS }],
    [
      "parameters of the issuer's own",
      { parameters: MORE },
      { resource: ORDERS, requested_token_type: ACCESS_TOKEN, ...MORE },
    ],
  ])('with %s sends these parameters and no other', async (_option, exchange, sent) => {
    const call = await called('impersonated', exchange);
    expect(call.result).toBe('ok');
    expect(parameters(call)).toEqual([exchanged(call.inbound, sent)]);
  });

  it("shows the server's own token as actor where the issuer wants one, got for that issuer alone, and that is delegation", async () => {
    const call = await called('delegated', { actorTokenResource: ACTOR });
    expect(parameters(call)).toEqual([
      { grant_type: 'client_credentials', resource: ACTOR, ...CLIENT_ASSERTION },
      exchanged(call.inbound, {
        resource: ORDERS,
        requested_token_type: ACCESS_TOKEN,
        actor_token: expect.stringMatching(/^ey/),
        actor_token_type: ACCESS_TOKEN,
      }),
    ]);
    expect(call).toMatchObject({
      result: 'ok',
      outcome: { delegation_requested: 'delegation', delegation_effective: 'delegation' },
    });
    expect(call.sent).not.toContain(call.asked[1]!.parameters.actor_token);
  });

  it("gets a new token of its own where the issuer no longer takes the one that it has, and the user's call goes on", async () => {
    const endpoint = await startTokenEndpoint(rfc8693Fake());
    const shop = await startShop(endpoint, issuerOptions({ actorTokenResource: ACTOR }), orders);
    try {
      const before = await shop.call('delegated', userToken);
      endpoint.next = new Refusal(400, { error: 'invalid_grant' });
      const after = await shop.call('delegated', userToken);
      expect([before.result, after.result]).toEqual(['ok', 'ok']);
      expect(after.asked.map(({ parameters }) => [parameters.grant_type, 'actor_token' in parameters])).toEqual([
        ['urn:ietf:params:oauth:grant-type:token-exchange', true],
        ['client_credentials', false],
        ['urn:ietf:params:oauth:grant-type:token-exchange', true],
      ]);
    } finally {
      await shop.close();
    }
  });

  it('tells the user to sign in again where a new token of its own does not help', async () => {
    const provider = rfc8693Fake();
    const refusing = {
      ...provider,
      grant: (parameters: Record<string, string>, clientId: string) =>
        parameters.subject_token === undefined
          ? provider.grant(parameters, clientId)
          : Promise.reject(new Refusal(400, { error: 'invalid_grant' })),
    };
    const shop = await startShop(
      await startTokenEndpoint(refusing),
      issuerOptions({ actorTokenResource: ACTOR }),
      orders,
    );
    const { result, asked } = await shop.call('delegated', userToken).finally(() => shop.close());
    expect([result, asked.length]).toEqual(['delegation_reauthenticate', 4]);
  });

  it('shows no actor for a restricted token of the user', async () => {
    const call = await called('restricted', { actorTokenResource: ACTOR });
    expect(parameters(call)).toEqual([
      exchanged(call.inbound, { resource: ORDERS, requested_token_type: ACCESS_TOKEN }),
    ]);
    expect(call).toMatchObject({
      result: 'ok',
      outcome: { delegation_requested: 'impersonation', delegation_effective: 'impersonation' },
    });
  });
});

describe('a token of the server itself', () => {
  it.each<
    [option: string, exchange: ExchangeOptions | undefined, sent: Record<string, string>, audience: string | undefined]
  >([
    ['nothing said', undefined, { resource: ORDERS }, ORDERS],
    ['target: audience', { target: 'audience' }, { audience: ORDERS }, ORDERS],
    ['target: both', { target: 'both' }, { resource: ORDERS, audience: ORDERS }, ORDERS],
    ['clientCredentials: audience', { clientCredentials: 'audience' }, { audience: ORDERS }, ORDERS],
    [
      'clientCredentials: both',
      { target: 'audience', clientCredentials: 'both' },
      { resource: ORDERS, audience: ORDERS },
      ORDERS,
    ],
    ['clientCredentials: none', { clientCredentials: 'none' }, {}, undefined],
    [
      'what concerns exchanges alone',
      { requestedTokenType: 'jwt', parameters: { connector_id: 'shop' }, actorTokenResource: ACTOR },
      { resource: ORDERS },
      ORDERS,
    ],
  ])('with %s is asked for by these parameters and no other', async (_option, exchange, sent, audience) => {
    const call = await called('service', exchange);
    expect(parameters(call)).toEqual([
      { grant_type: 'client_credentials', scope: 'orders:read', ...sent, ...CLIENT_ASSERTION },
    ]);
    expect(call.result).toBe(audience === undefined ? 'delegated_token_refused' : 'ok');
  });
});

describe('a target that has names of its own for scopes', () => {
  const mapped: Target = {
    resource: ORDERS,
    scopes: { 'orders:read': ['Orders.Read', 'Orders.List'], 'orders:write': ['Orders.Write'] },
  };

  it('is asked for under its names of what the user holds', async () => {
    const call = await called('impersonated', {}, mapped);
    expect(parameters(call)).toEqual([
      exchanged(call.inbound, {
        resource: ORDERS,
        requested_token_type: ACCESS_TOKEN,
        scope: 'Orders.List Orders.Read',
      }),
    ]);
    expect(call.result).toBe('ok');
  });

  it.each([
    ['fewer of them', 'Orders.Read', 'ok'],
    ['one that the user does not hold', 'Orders.Read Orders.Write', 'delegated_token_refused'],
    ['our name for it', 'orders:read', 'delegated_token_refused'],
  ])('is proven under its names: granted %s', async (_what, grants, result) => {
    const call = await called('impersonated', {}, mapped, grants);
    expect({ result: call.result, sent: call.sent.length }).toEqual({ result, sent: result === 'ok' ? 1 : 0 });
  });
});
