import { decodeJwt } from 'jose';
import { ACCESS_TOKEN } from '../../src/authorization-server/authorization-server.js';
import { BILLING, MCP, openShop, ORDERS, refused, type Shop } from './shop.js';

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

  describe('with an actor token', () => {
    const ofClient = async (clientId: string, resource = ORDERS) =>
      (await shop.clientCredentials(clientId, { resource, scope: 'orders:read' })).access_token;
    const actor = (actor_token: string) => ({ actor_token, actor_token_type: ACCESS_TOKEN });

    const accessToken = (claims: object) => shop.sign(claims, { typ: 'at+jwt' });

    it("takes the client's own, for whatever resource, and names the client as it does without", async () => {
      for (const resource of [ORDERS, MCP]) {
        const { access_token } = await shop.exchange(shop.userToken(), actor(await ofClient('mcp-server', resource)));
        const claims = await shop.verify(access_token, ORDERS);
        expect(claims).toMatchObject({ sub: 'alice', client_id: 'mcp-server' });
        expect(claims.act).toEqual({ iss: shop.issuer, sub: 'mcp-server', sub_profile: 'service', act: agent() });
      }
    });

    it('takes none where no actor is added', async () => {
      const changes = { resource: BILLING, ...actor(await ofClient('mcp-server')) };
      await refused(shop.exchange(shop.userToken(), changes), 'invalid_request', 'no actor is added');
    });

    it.each<[string, (own: Record<string, unknown>) => string | Promise<string>]>([
      ["another client's", () => ofClient('billing')],
      ["a user's", () => shop.userToken()],
      ["a user's through this client", own => accessToken({ ...own, sub: 'alice', sub_profile: 'user' })],
      ['one of another subject through this client', own => accessToken({ ...own, sub: 'billing' })],
      ['one of this subject through another client', own => accessToken({ ...own, client_id: 'billing' })],
      ['one that names an actor itself', own => accessToken({ ...own, act: agent() })],
      ['one that does not say it is a service', own => accessToken({ ...own, sub_profile: undefined })],
      ['an expired one', own => accessToken({ ...own, exp: own.iat })],
      ["another server's", own => accessToken({ ...own, iss: 'https://elsewhere.test' })],
      ['one of another type', own => shop.sign(own, { typ: 'JWT' })],
      ['one that was altered', own => accessToken(own).replace(/\.[^.]+\./, `.${shop.userToken().split('.')[1]}.`)],
      ['what is no token', () => 'nonsense'],
    ])('refuses %s', async (_whose, token) => {
      const own = decodeJwt(await ofClient('mcp-server'));
      expect(await shop.exchange(shop.userToken(), actor(accessToken(own)))).toHaveProperty('access_token');
      await refused(shop.exchange(shop.userToken(), actor(await token(own))), 'invalid_request', "the client's own");
    });

    it('refuses one without its type or of another type, and a type without one', async () => {
      const actor_token = await ofClient('mcp-server');
      const idToken = 'urn:ietf:params:oauth:token-type:id_token';
      const wrong: Record<string, string>[] = [
        { actor_token },
        { actor_token, actor_token_type: idToken },
        { actor_token_type: ACCESS_TOKEN },
      ];
      for (const changes of wrong) {
        await refused(shop.exchange(shop.userToken(), changes), 'invalid_request', 'must be an access token');
      }
    });

    it("refuses the client's own as the token of a user, as ever", async () => {
      const own = await ofClient('mcp-server', MCP);
      await refused(shop.exchange(own, actor(own)), 'invalid_request', 'not the token of a user');
    });
  });

  it('keeps an actor as it is, with claims it does not know', async () => {
    const act = { sub: 'agent-9', iss: 'https://elsewhere.test', note: { deep: [1] }, act: { sub: 'origin' } };
    const { access_token } = await shop.exchange(shop.userToken({ claims: { act } }));
    expect(decodeJwt<{ act: { act: object } }>(access_token).act.act).toEqual(act);
  });

  it.each([
    ['a word', 'agent-7'],
    ['null', null],
    ['nameless', {}],
    ['nameless within', { sub: 'a', act: {} }],
  ])('refuses a chain of actors that is %s', async (_what, act) => {
    await refused(shop.exchange(shop.userToken({ claims: { act } })), 'invalid_request', 'malformed chain');
  });

  it('goes on from an exchanged token, hop by hop', async () => {
    const first = await shop.exchange(shop.userToken(), { resource: BILLING });
    const second = await shop.exchange(first.access_token, {}, 'billing');
    expect(decodeJwt(second.access_token).act).toMatchObject({ sub: 'billing', act: agent() });
  });
});
