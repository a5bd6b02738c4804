import { decodeJwt } from 'jose';
import { ACCESS_TOKEN } from '../../src/authorization-server/authorization-server.js';
import { BILLING, openShop, ORDERS, refused, type Shop } from './shop.js';

describe('the token exchange, as to actors,', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop?.close());

  const agent = () => ({ iss: shop.issuer, sub: 'agent-7', sub_profile: 'ai_agent' });
  const chain = (length: number): object => ({
    iss: shop.issuer,
    sub: `actor-${length}`,
    ...(length > 1 && { act: chain(length - 1) }),
  });
  describe('for delegation', () => {
    it('puts the client before the actors that are in the token', async () => {
      const { access_token, ...answer } = await shop.exchange(shop.userToken());
      const claims = await shop.verify(access_token, ORDERS);
      expect(claims).toMatchObject({ sub: 'alice', aud: ORDERS, client_id: 'mcp-server', scope: 'orders:read' });
      expect(claims.act).toEqual({ iss: shop.issuer, sub: 'mcp-server', sub_profile: 'service', act: agent() });
      expect(answer).toEqual({
        issued_token_type: ACCESS_TOKEN,
        token_type: 'bearer',
        expires_in: 60,
        scope: 'orders:read',
      });
    });

    it('makes the client the only actor where there was none', async () => {
      const { access_token } = await shop.exchange(shop.userToken({ clientId: 'cli' }));
      expect(decodeJwt(access_token).act).toEqual({ iss: shop.issuer, sub: 'mcp-server', sub_profile: 'service' });
    });

    it('refuses to make a fifth actor', async () => {
      const { access_token } = await shop.exchange(shop.userToken({ claims: { act: chain(3) } }));
      expect(decodeJwt(access_token).act).toMatchObject({ sub: 'mcp-server', act: chain(3) });
      await refused(shop.exchange(shop.userToken({ claims: { act: chain(4) } })), 'invalid_request', 'too long');
    });
  });

  describe('for impersonation', () => {
    it('adds no actor and keeps those in the token', async () => {
      const { access_token } = await shop.exchange(shop.userToken(), { resource: BILLING });
      const claims = await shop.verify(access_token, BILLING);
      expect(claims).toMatchObject({ sub: 'alice', client_id: 'mcp-server', act: agent() });
    });

    it('makes no actor where there was none', async () => {
      const { access_token } = await shop.exchange(shop.userToken({ clientId: 'cli' }), { resource: BILLING });
      expect(decodeJwt(access_token)).not.toHaveProperty('act');
    });

    it('refuses a chain that is too long already', async () => {
      const token = shop.userToken({ claims: { act: chain(5) } });
      await refused(shop.exchange(token, { resource: BILLING }), 'invalid_request', 'too long');
    });
  });

  it('keeps an actor as it is, with claims it does not know', async () => {
    const act = { sub: 'agent-9', iss: 'https://elsewhere.test', note: { deep: [1] }, act: { sub: 'origin' } };
    const { access_token } = await shop.exchange(shop.userToken({ claims: { act } }));
    expect(decodeJwt<{ act: { act: object } }>(access_token).act.act).toEqual(act);
  });

  it.each([['a word', 'agent-7'], ['null', null], ['nameless', {}], ['nameless within', { sub: 'a', act: {} }]])(
    'refuses a chain of actors that is %s', async (_what, act) => {
      await refused(shop.exchange(shop.userToken({ claims: { act } })), 'invalid_request', 'malformed chain');
    });

  it('goes on from an exchanged token, hop by hop', async () => {
    const first = await shop.exchange(shop.userToken(), { resource: BILLING });
    const second = await shop.exchange(first.access_token, {}, 'billing');
    expect(decodeJwt(second.access_token).act).toMatchObject({ sub: 'billing', act: agent() });
  });
});
