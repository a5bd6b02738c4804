import { decodeJwt } from 'jose';
import { BILLING, MCP, openShop, ORDERS, refused, type Shop, STEP_UP } from './shop.js';

const grantRefused = (attempt: Promise<unknown>) => refused(attempt, 'invalid_grant', 'grant request is invalid');
const scopeRefused = (attempt: Promise<unknown>) => refused(attempt, 'invalid_scope', '');

describe('the on-behalf-of grant', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop?.close());

  const agent = () => ({ iss: shop.issuer, sub: 'agent-7', sub_profile: 'ai_agent' });

  const bobs = () => shop.userToken({ sub: 'bob' });
  const serviceToken = async () =>
    (await shop.clientCredentials('mcp-server', { resource: MCP, scope: 'orders:read' })).access_token;

  it("gives the user's token for another resource, and answers as Entra ID does", async () => {
    const { access_token, ...answer } = await shop.onBehalfOf(shop.userToken());
    expect(await shop.verify(access_token, ORDERS)).toMatchObject({
      sub: 'alice',
      client_id: 'mcp-server',
      scope: 'orders:read',
      tenant: 'acme',
      sub_profile: 'user',
    });
    expect(answer).toEqual({ token_type: 'bearer', expires_in: 60, scope: `${ORDERS}/orders:read` });
  });

  it('works on a token that came from a login', async () => {
    const { access_token } = await shop.logIn({ clientId: 'assistant' });
    expect(decodeJwt((await shop.onBehalfOf(access_token)).access_token)).toMatchObject({ sub: 'alice', act: agent() });
  });

  it('adds no actor, whatever the mode of the client for that resource, and keeps those in the token', async () => {
    for (const [resource, scope] of [
      [ORDERS, 'orders:read'],
      [BILLING, 'orders:read'],
    ]) {
      const changes = { scope: `${resource}/${scope}` };
      expect(decodeJwt((await shop.onBehalfOf(shop.userToken(), changes)).access_token).act).toEqual(agent());
      const plain = shop.userToken({ clientId: 'cli' });
      expect(decodeJwt((await shop.onBehalfOf(plain, changes)).access_token)).not.toHaveProperty('act');
    }
  });

  it('never outlives the token it was made from', async () => {
    const token = shop.userToken({ expiresIn: 30 });
    expect(decodeJwt((await shop.onBehalfOf(token)).access_token).exp).toBe(decodeJwt(token).exp);
  });

  it('gives every scope that token and resource have in common for ".default", and no other', async () => {
    const token = shop.userToken({ scope: 'orders:read orders:write tools:use' });
    const { access_token, scope } = await shop.onBehalfOf(token, { scope: `${ORDERS}/.default` });
    expect(scope).toBe(`${ORDERS}/orders:read ${ORDERS}/orders:write`);
    expect(decodeJwt(access_token)).toMatchObject({ aud: ORDERS, scope: 'orders:read orders:write' });
    await scopeRefused(shop.onBehalfOf(shop.userToken({ scope: 'tools:use' }), { scope: `${ORDERS}/.default` }));
  });

  it.each([
    ['that the token lacks', `${ORDERS}/orders:write`],
    ['that only the resource has', `${ORDERS}/orders:audit`],
    ['that the resource lacks', `${ORDERS}/tools:use`],
    ['of two resources', `${ORDERS}/orders:read ${BILLING}/orders:read`],
    ['beside every scope', `${ORDERS}/.default ${ORDERS}/orders:read`],
    ['without a resource', 'orders:read'],
    ['without a resource for every scope', '.default'],
    ['of an unknown resource', 'https://elsewhere.test/orders:read'],
    ['of a resource that the client may not call', `${MCP}/orders:read`],
    ['of nothing but a resource', `${ORDERS}/`],
    ['of a resource named like an inherited property', 'constructor/.default'],
  ])('refuses a scope %s', async (_which, scope) => {
    await scopeRefused(shop.onBehalfOf(shop.userToken({ scope: 'orders:read tools:use' }), { scope }));
  });

  it.each<[string, () => string | Promise<string>]>([
    ['that is expired', () => shop.userToken({ issuedAt: Math.floor(Date.now() / 1000) - 400 })],
    ['that was issued for another server', () => shop.userToken({ resource: ORDERS, scope: 'orders:read' })],
    ['of another issuer', () => shop.userToken({ claims: { iss: 'https://elsewhere.test' } })],
    ['that is an ID token', () => shop.mintIdToken({ sub: 'alice', clientId: 'mcp-server' })],
    ['that is the token of a service', () => serviceToken()],
    ['of nobody known', () => shop.userToken({ claims: { sub: 'mallory' } })],
    ['that another client alone may use', () => shop.userToken({ claims: { may_act: { sub: 'billing' } } })],
    ['with a malformed chain of actors', () => shop.userToken({ claims: { act: {} } })],
    ['that was altered', () => shop.userToken().replace(/\.[^.]+\./, `.${bobs().split('.')[1]}.`)],
    ['that is no token', () => 'nonsense'],
  ])('refuses an assertion %s', async (_what, assertion) => {
    await grantRefused(shop.onBehalfOf(await assertion()));
  });

  it.each(['assertion', 'scope', 'requested_token_use'])('refuses a request without %s', async parameter => {
    await refused(shop.onBehalfOf(shop.userToken(), { [parameter]: '' }), 'invalid_request', 'are required');
  });

  it('refuses another use than this one', async () => {
    const attempt = shop.onBehalfOf(shop.userToken(), { requested_token_use: 'subject' });
    await refused(attempt, 'invalid_request', 'are required');
  });

  it('tells what a user has to meet first, and gives no token', async () => {
    const attempt = shop.onBehalfOf(shop.userToken({ sub: 'carol' }));
    const cause = { error: 'interaction_required', claims: STEP_UP };
    await expect(attempt).rejects.toMatchObject({ status: 400, cause });
    await grantRefused(shop.onBehalfOf(shop.userToken({ sub: 'carol', resource: ORDERS, scope: 'orders:read' })));
  });

  it('refuses a public client, and one without the grant', async () => {
    await refused(shop.onBehalfOf(shop.userToken(), {}, 'public-server'), 'unauthorized_client', 'public client');
    await refused(shop.onBehalfOf(shop.userToken(), {}, 'nightly'), 'invalid_request', 'not allowed for this client');
  });
});
