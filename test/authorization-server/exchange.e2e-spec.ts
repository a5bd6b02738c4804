import { decodeJwt } from 'jose';
import { BILLING, MCP, openShop, ORDERS, refused, type Shop } from './shop.js';

describe('the token exchange', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop?.close());

  it('works on a token that came from a login', async () => {
    const { access_token } = await shop.logIn({ clientId: 'assistant' });
    expect(await shop.verify((await shop.exchange(access_token)).access_token, ORDERS)).toMatchObject({ sub: 'alice' });
  });

  it('keeps who the user is and how the user logged in', async () => {
    const token = shop.userToken({ issuedAt: Math.floor(Date.now() / 1000) - 100 });
    const { tenant, sub_profile, auth_time, acr, amr, sid } = decodeJwt(token);
    const claims = decodeJwt((await shop.exchange(token)).access_token);
    expect(claims).toMatchObject({ tenant, sub_profile, auth_time, acr, amr, sid });
  });

  it('carries nothing else over', async () => {
    const token = shop.userToken({ claims: { roles: ['admin'], may_act: { sub: 'mcp-server' }, jti: 'inbound' } });
    const claims = decodeJwt((await shop.exchange(token)).access_token);
    expect(claims).not.toHaveProperty('roles');
    expect(claims).not.toHaveProperty('may_act');
    expect(claims.jti).not.toBe('inbound');
  });

  describe('of scopes', () => {
    it('gives what token and target have in common, unless asked for less', async () => {
      const token = shop.userToken({ scope: 'orders:read orders:write tools:use' });
      expect((await shop.exchange(token)).scope).toBe('orders:read orders:write');
      expect((await shop.exchange(token, { scope: 'orders:read' })).scope).toBe('orders:read');
      expect((await shop.exchange(token, { scope: '' })).scope).toBe('orders:read orders:write');
    });

    it.each([
      ['the token lacks', 'orders:read orders:write'],
      ['the target lacks', 'tools:use'],
      ['only the target has', 'orders:audit'],
      ['nobody has', 'root'],
    ])('refuses one that %s', async (_who, scope) => {
      await refused(shop.exchange(shop.userToken(), { scope }), 'invalid_scope', 'in common');
    });

    it('refuses a token that has none in common with the target', async () => {
      await refused(shop.exchange(shop.userToken({ scope: 'tools:use' })), 'invalid_scope', 'in common');
    });
  });

  describe('of lifetimes', () => {
    it('never outlives the token it was made from', async () => {
      const token = shop.userToken({ expiresIn: 30 });
      const answer = await shop.exchange(token);
      expect(decodeJwt(answer.access_token).exp).toBe(decodeJwt(token).exp);
      expect(answer.expires_in).toBeLessThanOrEqual(30);
    });
  });

  describe('of targets', () => {
    it('takes one, as resource or as audience', async () => {
      const { access_token } = await shop.exchange(shop.userToken(), [['audience', ORDERS]]);
      expect(decodeJwt(access_token).aud).toBe(ORDERS);
    });

    it.each([
      ['none', [], 'exactly one'],
      [
        'two resources',
        [
          ['resource', ORDERS],
          ['resource', BILLING],
        ],
        'exactly one',
      ],
      [
        'a resource and an audience',
        [
          ['resource', ORDERS],
          ['audience', BILLING],
        ],
        'exactly one',
      ],
      ['an unknown one', [['resource', 'https://elsewhere.test/']], 'unknown'],
      ['one outside the policy of the client', [['resource', MCP]], 'may not exchange'],
      ['the name of an inherited property', [['audience', 'constructor']], 'unknown'],
    ])('refuses %s', async (_which, targets, reason) => {
      await refused(shop.exchange(shop.userToken(), targets), 'invalid_target', reason);
    });
  });

  describe('of clients', () => {
    it('issues nothing but access tokens', async () => {
      const requested_token_type = 'urn:ietf:params:oauth:token-type:refresh_token';
      await refused(shop.exchange(shop.userToken(), { requested_token_type }), 'invalid_request', 'only access tokens');
    });

    it('refuses a public one, whatever its policy says', async () => {
      await refused(shop.exchange(shop.userToken(), {}, 'public-server'), 'unauthorized_client', 'public client');
    });

    it('refuses one without the grant', async () => {
      await refused(shop.exchange(shop.userToken(), {}, 'nightly'), 'invalid_request', 'not allowed for this client');
    });
  });
});
