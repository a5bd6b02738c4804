import { decodeJwt } from 'jose';
import { MCP, openShop, ORDERS, refused, type Shop } from './shop.js';

describe('the token exchange, as to its subject token,', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop?.close());

  it('refuses one that was issued for another server', async () => {
    const token = shop.userToken({ resource: ORDERS, scope: 'orders:read' });
    await refused(shop.exchange(token), 'invalid_request', 'not issued for this client');
  });

  it('refuses the token of a service', async () => {
    const { access_token } = await shop.clientCredentials('mcp-server', { resource: MCP, scope: 'orders:read' });
    await refused(shop.exchange(access_token), 'invalid_request', 'not the token of a user');
  });

  it('refuses one without evidence of a user, or of nobody known', async () => {
    for (const claims of [{ sub_profile: undefined }, { sub: 'mallory' }]) {
      await refused(shop.exchange(shop.userToken({ claims })), 'invalid_request', 'not the token of a user');
    }
  });

  it('refuses an ID token, and an access token with the type of one', async () => {
    const claims = { ...decodeJwt(shop.userToken()) };
    const idToken = shop.mintIdToken({ sub: 'alice', clientId: 'cli' });
    for (const token of [idToken, shop.sign(claims), shop.sign(claims, { typ: 'JWT' })]) {
      await refused(shop.exchange(token), 'invalid_request', 'not a valid access token');
    }
  });

  it('refuses one of another issuer, one that was altered, and what is no token', async () => {
    const token = shop.userToken();
    const altered = shop.sign({ ...decodeJwt(token), scope: 'orders:write' }, { typ: 'at+jwt' }).split('.')[1];
    const [header, , signature] = token.split('.');
    const foreign = shop.userToken({ claims: { iss: 'https://elsewhere.test' } });
    for (const bad of [foreign, `${header}.${altered}.${signature}`, 'nonsense']) {
      await refused(shop.exchange(bad), 'invalid_request', 'not a valid access token');
    }
  });

  it.each(['urn:ietf:params:oauth:token-type:id_token', ''])('refuses the type "%s"', async subject_token_type => {
    const answer = shop.exchange(shop.userToken(), { subject_token_type });
    await refused(answer, 'invalid_request', 'must be an access token');
  });

  it('obeys may_act', async () => {
    const withMayAct = (may_act: unknown) => shop.userToken({ claims: { may_act } });
    expect(await shop.exchange(withMayAct({ sub: 'mcp-server' }))).toHaveProperty('access_token');
    expect(await shop.exchange(withMayAct({ sub: 'mcp-server', iss: shop.issuer }))).toHaveProperty('access_token');
    const foreign = { sub: 'mcp-server', iss: 'https://elsewhere.test' };
    for (const other of [{ sub: 'billing' }, foreign, {}, null, 'mcp-server']) {
      await refused(shop.exchange(withMayAct(other)), 'invalid_request', 'may_act');
    }
  });

  it('refuses one that is expired', async () => {
    const token = shop.userToken({ issuedAt: Math.floor(Date.now() / 1000) - 400 });
    await refused(shop.exchange(token), 'invalid_request', 'not a valid access token');
  });
});
