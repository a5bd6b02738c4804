import { once } from 'node:events';
import { request } from 'node:http';
import { jest } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { loopback, MCP, openShop, ORDERS, REDIRECT_URI, refused, type Shop } from './shop.js';

describe('the authorization server', () => {
  let shop: Shop;
  const printed: unknown[][] = [];
  beforeAll(async () => {
    for (const method of ['log', 'info', 'warn', 'error'] as const) {
      jest.spyOn(console, method).mockImplementation((...line: unknown[]) => void printed.push(line));
    }
    shop = await openShop();
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await shop?.close();
  });

  describe('for a client that acts for itself', () => {
    it('issues a token of a service, by key or by secret', async () => {
      for (const client of ['mcp-server', 'nightly']) {
        const { access_token } = await shop.clientCredentials(client, { resource: ORDERS, scope: 'orders:read' });
        const claims = await shop.verify(access_token, ORDERS);
        expect(claims).toMatchObject({ sub: client, client_id: client, scope: 'orders:read', sub_profile: 'service' });
        expect(claims.exp! - claims.iat!).toBe(60);
        for (const claim of ['act', 'auth_time', 'acr', 'amr', 'sid']) expect(claims).not.toHaveProperty(claim);
      }
    });

    it('names a tenant only if the client was registered with one', async () => {
      const token = async (client: string) =>
        decodeJwt((await shop.clientCredentials(client, { resource: ORDERS, scope: 'orders:read' })).access_token);
      expect((await token('nightly')).tenant).toBe('acme');
      expect(await token('mcp-server')).not.toHaveProperty('tenant');
    });

    it('refuses one without a resource, and one for two', async () => {
      await refused(shop.clientCredentials('mcp-server', { scope: 'orders:read' }), 'invalid_target', 'required');
      const body = new URLSearchParams([
        ['grant_type', 'client_credentials'],
        ['resource', MCP],
        ['resource', ORDERS],
      ]);
      const headers = { authorization: `Basic ${btoa('nightly:a%20secret%3A%20with%2Fspecial%2Bcharacters')}` };
      const response = await fetch(shop.metadata.token_endpoint!, { method: 'POST', headers, body });
      expect(await response.json()).toMatchObject({ error: 'invalid_target' });
    });

    it('refuses a scope the client was not registered for', async () => {
      const answer = shop.clientCredentials('nightly', { resource: ORDERS, scope: 'orders:write' });
      await refused(answer, 'invalid_scope', 'not allowed');
    });

    it('refuses a wrong secret', async () => {
      const response = await oauth.clientCredentialsGrantRequest(
        shop.metadata,
        { client_id: 'nightly' },
        oauth.ClientSecretBasic('wrong'),
        { resource: ORDERS, scope: 'orders:read' },
        loopback,
      );
      expect(response.status).toBe(401);
    });
  });

  describe('to its neighbours', () => {
    it('describes itself at both well-known addresses', async () => {
      const read = async (name: string) => (await fetch(`${shop.issuer}/.well-known/${name}`)).json();
      const metadata = await read('oauth-authorization-server');
      expect(metadata).toEqual(await read('openid-configuration'));
      expect(metadata).toMatchObject({
        issuer: shop.issuer,
        jwks_uri: shop.jwksUri,
        code_challenge_methods_supported: ['S256'],
        response_types_supported: ['code'],
        grant_types_supported: expect.arrayContaining(['urn:ietf:params:oauth:grant-type:token-exchange']),
        scopes_supported: expect.arrayContaining(['orders:read', 'openid']),
      });
    });

    it('lets a page of another origin read its metadata, its keys and the tokens of public clients', async () => {
      const headers = { origin: 'http://127.0.0.1:6274' };
      const allowed = (response: Response) => response.headers.get('access-control-allow-origin');
      for (const url of [`${shop.issuer}/.well-known/oauth-authorization-server`, shop.jwksUri]) {
        expect(allowed(await fetch(url, { headers }))).toBe(headers.origin);
      }
      const token = (client_id: string) => {
        const grant = { grant_type: 'authorization_code', code: 'x', redirect_uri: REDIRECT_URI, client_id };
        return fetch(shop.metadata.token_endpoint!, { method: 'POST', headers, body: new URLSearchParams(grant) });
      };
      expect(allowed(await token('cli'))).toBe(headers.origin);
      expect(allowed(await token('nightly'))).toBeNull();
    });

    it('answers to its own name only', async () => {
      const call = request(shop.jwksUri, { headers: { host: 'rebound.test' } }).end();
      const [response] = await once(call, 'response');
      expect(response.resume().statusCode).toBe(421);
    });

    it('refuses with a page that shows input as text', async () => {
      const url = `${shop.metadata.authorization_endpoint}?client_id=${encodeURIComponent('<script>')}`;
      const response = await fetch(url, { headers: { accept: 'text/html' } });
      expect(response.status).toBe(400);
      expect(await response.text()).not.toContain('<script>');
    });
  });

  describe('with an authorization code', () => {
    it('gives tokens once, and takes them back when the code comes again', async () => {
      const seen: URLSearchParams[] = [];
      const { fetch: original } = globalThis;
      const spy = jest.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
        if (init?.body instanceof URLSearchParams && init.body.has('code')) seen.push(init.body);
        return original(input, init);
      });
      const { refresh_token } = await shop.logIn();
      spy.mockRestore();
      const post = async (body: URLSearchParams) => {
        const response = await fetch(shop.metadata.token_endpoint!, { method: 'POST', body });
        return response.json();
      };
      const refresh = { grant_type: 'refresh_token', client_id: 'cli', refresh_token: refresh_token! };

      expect(seen).toHaveLength(1);
      seen[0]!.set('client_id', 'cli');
      expect(await post(seen[0]!)).toMatchObject({ error: 'invalid_grant' });
      expect(await post(new URLSearchParams(refresh))).toMatchObject({ error: 'invalid_grant' });
    });
  });

  describe('when minting', () => {
    const minted = { sub: 'alice', clientId: 'cli', resource: MCP, scope: 'orders:read' };

    it('backdates a token', () => {
      const { iat, exp, auth_time } = decodeJwt(shop.mintUserToken({ ...minted, issuedAt: 1_000_000, expiresIn: 60 }));
      expect({ iat, exp, auth_time }).toEqual({ iat: 1_000_000, exp: 1_000_060, auth_time: 1_000_000 });
    });

    it('adds, replaces and leaves out claims', () => {
      const changes = { roles: ['clerk'], tenant: 'other', acr: undefined };
      const claims = decodeJwt(shop.mintUserToken({ ...minted, claims: changes }));
      expect(claims).toMatchObject({ roles: ['clerk'], tenant: 'other' });
      expect(claims).not.toHaveProperty('acr');
    });

    it('refuses what no login could give', () => {
      const elsewhere = { resource: 'https://elsewhere.test/' };
      for (const unknown of [{ sub: 'mallory' }, { clientId: 'nobody' }, elsewhere, { scope: 'root' }]) {
        expect(() => shop.mintUserToken({ ...minted, ...unknown })).toThrow(TypeError);
      }
    });
  });

  it('tells every token that it makes', async () => {
    const login = await shop.logIn({ scope: 'openid orders:read' });
    const exchanged = await shop.exchange(login.access_token);
    const service = await shop.clientCredentials('nightly', { resource: ORDERS, scope: 'orders:read' });
    const minted = shop.mintUserToken({ sub: 'alice', clientId: 'cli', resource: MCP, scope: 'orders:read' });
    const { access_token, id_token, refresh_token } = login;
    const tokens = [access_token, id_token, refresh_token, exchanged.access_token, service.access_token, minted];
    expect(shop.issued).toEqual(expect.arrayContaining(tokens));
  });

  it('is gone when it is closed, and leaves its port to the next', async () => {
    const port = Number(new URL(shop.issuer).port);
    await expect(openShop(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await shop.close();
    await expect(shop.logIn()).rejects.toThrow('fetch failed');
    shop = await openShop(port);
    expect(shop.issuer).toBe(`http://127.0.0.1:${port}`);
  });

  it('printed nothing through all of this', () => {
    expect(printed).toEqual([]);
  });
});
