import { openShop, NOTES, ORDERS, type Shop } from './shop.js';

describe('the introspection of opaque tokens', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop?.close());

  const logIn = (clientId = 'assistant') => shop.logIn({ clientId, resource: NOTES, scope: 'notes:read' });
  const inactive = { status: 200, body: { active: false } };

  it('tells the resource of a token who acts, through whom, with which rights and until when', async () => {
    const { access_token, expires_in } = await logIn();
    expect(access_token).not.toContain('.');
    const { body } = await shop.introspect(access_token, 'notes');
    expect(body).toEqual({
      active: true,
      iss: shop.issuer,
      aud: NOTES,
      sub: 'alice',
      client_id: 'assistant',
      scope: 'notes:read',
      token_type: 'Bearer',
      iat: expect.any(Number),
      exp: (body.iat as number) + expires_in!,
      tenant: 'acme',
      sub_profile: 'user',
      act: { iss: shop.issuer, sub: 'agent-7', sub_profile: 'ai_agent' },
      sid: expect.any(String),
      auth_time: expect.any(Number),
      acr: 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password',
      amr: ['pwd'],
    });
  });

  it('names a service as the subject of its own token, and no agent where there is none', async () => {
    const { access_token } = await shop.clientCredentials('billing', { resource: NOTES, scope: 'notes:read' });
    const service = { active: true, sub: 'billing', client_id: 'billing', sub_profile: 'service' };
    expect((await shop.introspect(access_token, 'notes')).body).toMatchObject(service);
    const { body } = await shop.introspect((await logIn('cli')).access_token, 'notes');
    expect(body).toMatchObject({ active: true, client_id: 'cli' });
    expect(body).not.toHaveProperty('act');
  });

  it('tells another resource nothing, a client that is no resource nothing, and a public one nothing', async () => {
    const { access_token } = await logIn();
    for (const client of ['mcp-server', 'nightly', 'public-notes', 'assistant']) {
      expect(await shop.introspect(access_token, client)).toEqual(inactive);
    }
  });

  it('tells nothing of a refresh token, nor of a token it never gave', async () => {
    const { refresh_token } = await logIn();
    for (const token of [refresh_token!, 'unknown']) {
      for (const client of ['notes', 'nightly']) expect(await shop.introspect(token, client)).toEqual(inactive);
    }
  });

  it('is not for tokens that say themselves what they are', async () => {
    const { access_token } = await shop.logIn({ resource: ORDERS });
    const answer = await shop.introspect(access_token, 'notes');
    expect(answer).toMatchObject({ status: 400, body: { error: 'unsupported_token_type' } });
  });

  it('asks a client to authenticate', async () => {
    const body = new URLSearchParams({ token: (await logIn()).access_token, client_id: 'notes' });
    expect((await fetch(shop.metadata.introspection_endpoint!, { method: 'POST', body })).status).toBe(401);
  });

  it('leaves nothing to mint without a login', () => {
    expect(() => shop.userToken({ resource: NOTES, scope: 'notes:read' })).toThrow('opaque');
  });
});
