import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oauth from 'oauth4webapi';
import { loopback, MCP, openShop, ORDERS, type Shop } from './shop.js';

describe('a login', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop?.close());

  it('gives an access token of RFC 9068 for the one requested resource', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { access_token, expires_in, scope } = await shop.logIn({ scope: 'orders:read tools:use' });
    expect(decodeProtectedHeader(access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    const claims = await shop.verify(access_token, MCP);
    expect(claims).toMatchObject({
      iss: shop.issuer,
      aud: MCP,
      sub: 'alice',
      client_id: 'cli',
      scope: 'orders:read tools:use',
      jti: expect.any(String),
      tenant: 'acme',
      sub_profile: 'user',
      acr: 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password',
      amr: ['pwd'],
      sid: expect.any(String),
    });
    expect(claims.auth_time).toBeGreaterThanOrEqual(before);
    expect(claims.exp! - claims.iat!).toBe(300);
    expect({ expires_in, scope }).toEqual({ expires_in: 300, scope: 'orders:read tools:use' });
  });

  it('gives tokens that live as long as their resource says', async () => {
    const { exp, iat } = decodeJwt((await shop.logIn({ resource: ORDERS })).access_token);
    expect(exp! - iat!).toBe(60);
  });

  it('names no actor when the client is no agent', async () => {
    expect(decodeJwt((await shop.logIn()).access_token)).not.toHaveProperty('act');
  });

  it('names the agent that acts through the client', async () => {
    const { access_token } = await shop.logIn({ clientId: 'assistant' });
    expect(await shop.verify(access_token, MCP)).toMatchObject({
      sub: 'alice',
      client_id: 'assistant',
      act: { iss: shop.issuer, sub: 'agent-7', sub_profile: 'ai_agent' },
    });
  });

  it('is refused with a wrong password, or an unknown user', async () => {
    await expect(shop.logIn({ password: 'wrong' })).rejects.toThrow('user name or password is wrong');
    await expect(shop.logIn({ password: '' })).rejects.toThrow('user name or password is wrong');
    await expect(shop.logIn({ sub: 'mallory', password: '' })).rejects.toThrow('user name or password is wrong');
  });

  it('is refused without a resource, or for one that nobody registered', async () => {
    for (const resource of ['', 'https://elsewhere.test/']) {
      await expect(shop.logIn({ resource })).rejects.toMatchObject({ error: 'invalid_target' });
    }
  });

  it('is refused for a scope the resource does not have, and for none', async () => {
    await expect(shop.logIn({ scope: 'orders:read orders:audit' })).rejects.toMatchObject({ error: 'invalid_scope' });
    await expect(shop.logIn({ scope: '' })).rejects.toMatchObject({ error: 'invalid_scope' });
  });

  it('comes back to any port of the loopback interface, and nowhere else', async () => {
    expect(await shop.logIn({ redirectUri: 'http://127.0.0.1:49152/callback' })).toHaveProperty('access_token');
    await expect(shop.logIn({ redirectUri: 'https://elsewhere.test/callback' })).rejects.toThrow('status 400');
  });

  it('keeps its session and login time when the token is refreshed', async () => {
    const client = { client_id: 'assistant' };
    const first = await shop.logIn({ clientId: 'assistant' });
    const response = await oauth.refreshTokenGrantRequest(
      shop.metadata,
      client,
      oauth.None(),
      first.refresh_token!,
      loopback,
    );
    const second = await oauth.processRefreshTokenResponse(shop.metadata, client, response);
    const { sub, aud, sid, act, tenant, auth_time, acr, amr } = decodeJwt(first.access_token);
    const claims = await shop.verify(second.access_token, MCP);
    expect(claims).toMatchObject({ sub, aud, sid, act, tenant, auth_time, acr, amr });
    expect(second.refresh_token).not.toBe(first.refresh_token);
  });

  it('gives an ID token only on request, with the shape of a minted one', async () => {
    expect(await shop.logIn()).not.toHaveProperty('id_token');
    const { id_token } = await shop.logIn({ scope: 'openid orders:read' });
    const minted = shop.mintIdToken({ sub: 'alice', clientId: 'cli' });
    expect(decodeProtectedHeader(minted)).toEqual(decodeProtectedHeader(id_token!));
    expect(Object.keys(decodeJwt(minted)).sort()).toEqual(Object.keys(decodeJwt(id_token!)).sort());
    expect(decodeJwt(minted)).toMatchObject({ iss: shop.issuer, aud: 'cli', sub: 'alice', name: 'Alice' });
  });

  it('gives the same claims as a minted token', async () => {
    const minted = shop.mintUserToken({ sub: 'alice', clientId: 'assistant', resource: MCP, scope: 'orders:read' });
    const { access_token } = await shop.logIn({ clientId: 'assistant' });
    const facts = (token: string) => {
      const { iat, exp, jti, sid, auth_time, ...rest } = decodeJwt(token);
      for (const moment of [iat, exp, auth_time]) expect(moment).toEqual(expect.any(Number));
      for (const id of [jti, sid]) expect(id).toEqual(expect.any(String));
      return rest;
    };
    expect(facts(minted)).toEqual(facts(access_token));
    expect(decodeProtectedHeader(minted)).toEqual(decodeProtectedHeader(access_token));
  });
});
