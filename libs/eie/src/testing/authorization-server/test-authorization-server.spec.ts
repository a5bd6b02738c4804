import { createHash, randomBytes } from 'node:crypto';
import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { TestAuthorizationServer, type TestAuthorizationServerOptions } from 'nestjs-eie/testing';

const API = 'https://api.shop.test';
const MCP = 'https://mcp.shop.test/mcp';
const CALLBACK = 'http://127.0.0.1/callback';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

const desk = { clientId: 'desk', name: 'Desk <b>copilot</b>', redirectUris: [CALLBACK], agent: 'agent-"desk"' };
const batch = { clientId: 'batch', secret: 'a secret', tenant: 'acme', serves: [MCP] };

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${encodeURIComponent(secret)}`).toString('base64')}`,
});

describe('TestAuthorizationServer', () => {
  const started: TestAuthorizationServer[] = [];
  const start = async (options: TestAuthorizationServerOptions = {}) => {
    const server = await TestAuthorizationServer.start({ clients: [desk, batch], audience: MCP, ...options });
    started.push(server);
    return server;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map(server => server.close()));
  });

  const post = async (server: TestAuthorizationServer, form: Record<string, string>, headers = {}) => {
    const response = await fetch(server.tokenEndpoint, { method: 'POST', body: new URLSearchParams(form), headers });
    return { status: response.status, body: (await response.json()) as Record<string, any> };
  };
  const exchange = (server: TestAuthorizationServer, subject_token: string, changes: Record<string, string> = {}) =>
    post(
      server,
      { grant_type: EXCHANGE, subject_token, subject_token_type: ACCESS_TOKEN, resource: API, ...changes },
      basic('batch', 'a secret'),
    );

  const verifier = randomBytes(32).toString('base64url');
  const authorize = (server: TestAuthorizationServer, changes: Record<string, string> = {}) => {
    const url = new URL('/authorize', server.url);
    const asked = {
      client_id: 'desk',
      redirect_uri: CALLBACK,
      response_type: 'code',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      scope: 'orders:read',
      state: 'a state',
      ...changes,
    };
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
    return fetch(url, { redirect: 'manual' });
  };
  const decide = async (server: TestAuthorizationServer, page: string, form: Record<string, string>) => {
    const request = /name="request" value="([^"]+)"/.exec(page)![1]!;
    const body = new URLSearchParams({ request, ...form });
    const response = await fetch(`${server.url}/authorize`, { method: 'POST', body, redirect: 'manual' });
    return { status: response.status, params: new URL(response.headers.get('location') ?? 'none:').searchParams };
  };
  const codeFor = async (server: TestAuthorizationServer, sub: string, changes: Record<string, string> = {}) => {
    const page = await (await authorize(server, changes)).text();
    const { params } = await decide(server, page, { sub, decision: 'allow' });
    return params.get('code')!;
  };
  const redeem = (server: TestAuthorizationServer, code: string, changes: Record<string, string> = {}) =>
    post(server, {
      grant_type: 'authorization_code',
      client_id: 'desk',
      redirect_uri: CALLBACK,
      code,
      code_verifier: verifier,
      ...changes,
    });

  it('starts in less than 300 ms', async () => {
    await start();
    const began = performance.now();
    await start();
    expect(performance.now() - began).toBeLessThan(300);
  });

  it.each([undefined, 'production', 'staging'])('does not start where NODE_ENV is %s', async environment => {
    const before = process.env.NODE_ENV;
    try {
      if (environment === undefined) delete process.env.NODE_ENV;
      else process.env.NODE_ENV = environment;
      await expect(TestAuthorizationServer.start()).rejects.toThrow(
        /TestAuthorizationServer works only where NODE_ENV is "development" or "test"/,
      );
    } finally {
      process.env.NODE_ENV = before;
    }
  });

  it('mints access tokens as RFC 9068 says, which its published keys verify', async () => {
    const server = await start();
    const token = await server.token({ sub: 'alice', tenant: 'acme', scopes: ['a', 'b'], agent: 'desk-agent' });
    const { payload, protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(server.jwksUri)), {
      issuer: server.issuer,
      audience: MCP,
      typ: 'at+jwt',
    });
    expect(payload).toMatchObject({ sub: 'alice', tenant: 'acme', scope: 'a b', client_id: 'test-client' });
    expect(payload.act).toMatchObject({ iss: server.issuer, sub: 'desk-agent' });
    expect([payload.jti, protectedHeader.kid]).toEqual([expect.any(String), expect.any(String)]);
  });

  it.each(['oauth-authorization-server', 'openid-configuration'])('describes itself at %s', async document => {
    const server = await start();
    const metadata = (await (await fetch(`${server.url}/.well-known/${document}`)).json()) as object;
    expect(metadata).toMatchObject({
      issuer: server.issuer,
      jwks_uri: server.jwksUri,
      token_endpoint: server.tokenEndpoint,
      code_challenge_methods_supported: ['S256'],
    });
  });

  it('gives a confidential client its own token, and none for a wrong secret', async () => {
    const server = await start();
    const form = { grant_type: 'client_credentials', resource: API, scope: 'jobs:run' };
    const { body } = await post(server, form, basic('batch', 'a secret'));
    expect(decodeJwt(body.access_token)).toMatchObject({
      sub: 'batch',
      client_id: 'batch',
      sub_profile: 'service',
      tenant: 'acme',
      aud: API,
      scope: 'jobs:run',
    });
    expect((await post(server, form, basic('batch', 'another'))).body.error).toBe('invalid_client');
    expect((await post(server, { ...form, client_id: 'desk' })).body.error).toBe('unauthorized_client');
  });

  describe('token exchange', () => {
    it('puts the client into act, over the chain there was', async () => {
      const server = await start();
      const subject = await server.token({ sub: 'alice', tenant: 'acme', scopes: ['orders:read'], agent: ['a', 'b'] });
      const { body } = await exchange(server, subject);
      expect(decodeJwt(body.access_token)).toMatchObject({
        sub: 'alice',
        tenant: 'acme',
        aud: API,
        act: { iss: server.issuer, sub: 'batch', act: { sub: 'a', act: { sub: 'b' } } },
      });
    });

    it('adds no actor where the resource is registered for impersonation', async () => {
      const server = await start({ resources: { [API]: { exchange: 'impersonation' } } });
      const { body } = await exchange(server, await server.token({ sub: 'alice', scopes: ['orders:read'] }));
      expect(decodeJwt(body.access_token)).not.toHaveProperty('act');
    });

    it('never gives more scopes than the subject token has, nor a longer life', async () => {
      const server = await start();
      const subject = await server.token({ sub: 'alice', scopes: ['orders:read'], expiresIn: 20 });
      expect((await exchange(server, subject, { scope: 'orders:write' })).body.error).toBe('invalid_scope');
      const { body } = await exchange(server, subject);
      expect(decodeJwt(body.access_token)).toMatchObject({ scope: 'orders:read', exp: decodeJwt(subject).exp });
    });

    it.each([
      ['has expired', { sub: 'alice', scopes: ['orders:read'], expiresIn: -10 }],
      ['was issued for somebody else', { sub: 'alice', scopes: ['orders:read'], audience: 'https://other.test' }],
      ['is of a service', { scopes: ['orders:read'] }],
      ['has four actors', { sub: 'alice', scopes: ['orders:read'], agent: ['a', 'b', 'c', 'd'] }],
    ])('refuses a subject token that %s', async (_what, request) => {
      const server = await start();
      const { status, body } = await exchange(server, await server.token(request));
      expect([status, body.error]).toEqual([400, 'invalid_request']);
    });

    it('refuses the token of another server', async () => {
      const [server, other] = [await start(), await start()];
      const token = await other.token({ sub: 'alice', scopes: ['a'], claims: { iss: server.issuer } });
      expect((await exchange(server, token)).body.error).toBe('invalid_request');
    });
  });

  describe('authorization code', () => {
    it('signs in whom the user says to be, and tells the client who answered', async () => {
      const server = await start({ users: [{ sub: 'alice', tenant: 'acme', roles: ['clerk'] }] });
      const page = await (await authorize(server)).text();
      const { params } = await decide(server, page, { sub: 'alice', decision: 'allow' });
      expect([params.get('state'), params.get('iss')]).toEqual(['a state', server.issuer]);
      const { body } = await redeem(server, params.get('code')!);
      expect(decodeJwt(body.access_token)).toMatchObject({
        sub: 'alice',
        tenant: 'acme',
        roles: ['clerk'],
        client_id: 'desk',
        act: { sub: 'agent-"desk"' },
        scope: 'orders:read',
        aud: MCP,
      });
    });

    it('with PKCE refuses a wrong verifier, and the code is used up', async () => {
      const server = await start();
      const code = await codeFor(server, 'alice');
      const wrong = randomBytes(32).toString('base64url');
      expect((await redeem(server, code, { code_verifier: wrong })).body.error).toBe('invalid_grant');
      expect((await redeem(server, code)).body.error).toBe('invalid_grant');
    });

    it.each([
      ['without PKCE', { code_challenge: '' }],
      ['with plain PKCE', { code_challenge_method: 'plain' }],
    ])('%s goes back with an error, and with no code', async (_what, changes) => {
      const location = (await authorize(await start(), changes)).headers.get('location');
      const { searchParams } = new URL(location!);
      expect([searchParams.get('error'), searchParams.get('code')]).toEqual(['invalid_request', null]);
    });

    it('takes a code once, and from the client that asked for it alone', async () => {
      const server = await start({ clients: [desk, { clientId: 'other', redirectUris: [CALLBACK] }] });
      const [one, two] = [await codeFor(server, 'alice'), await codeFor(server, 'alice')];
      expect((await redeem(server, one)).status).toBe(200);
      expect((await redeem(server, one)).body.error).toBe('invalid_grant');
      expect((await redeem(server, two, { client_id: 'other' })).body.error).toBe('invalid_grant');
    });

    it('sends nobody to an address that the client has not registered', async () => {
      const server = await start();
      for (const redirect_uri of ['https://evil.test/callback', 'http://127.0.0.1/elsewhere']) {
        const response = await authorize(server, { redirect_uri });
        expect([response.status, response.headers.get('location')]).toEqual([400, null]);
      }
      expect((await authorize(server, { redirect_uri: 'http://127.0.0.1:5999/callback' })).status).toBe(200);
    });

    it('a user who denies is no user', async () => {
      const server = await start();
      const page = await (await authorize(server)).text();
      const { params } = await decide(server, page, { sub: 'alice', decision: 'deny' });
      expect([params.get('error'), params.get('code')]).toEqual(['access_denied', null]);
    });

    it('a refresh token is taken once, and gives no scope that the user has not allowed', async () => {
      const server = await start();
      const { body } = await redeem(server, await codeFor(server, 'alice'));
      const refresh = (refresh_token: string, more = {}) =>
        post(server, { grant_type: 'refresh_token', client_id: 'desk', refresh_token, ...more });
      const again = await refresh(body.refresh_token);
      expect(decodeJwt(again.body.access_token)).toMatchObject({ sub: 'alice', scope: 'orders:read' });
      expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant');
      expect((await refresh(again.body.refresh_token, { scope: 'orders:write' })).body.error).toBe('invalid_scope');
    });
  });

  describe('the consent page', () => {
    it('names the users and the agent, escaped, and works without a script', async () => {
      const server = await start({ users: [{ sub: 'mallory', name: '<script>alert(1)</script>' }] });
      const response = await authorize(server, { scope: 'orders:read <img>' });
      const page = await response.text();
      expect(page).toContain('agent-&quot;desk&quot;');
      expect(page).toContain('Desk &lt;b&gt;copilot&lt;/b&gt;');
      expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
      expect(page).toContain('&lt;img&gt;');
      expect(page).not.toMatch(/<script|<img|<b>/);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    });

    it('is shown to nobody under another name than that of loopback', async () => {
      const server = await start();
      const { request } = await import('node:http');
      const status = await new Promise(resolve =>
        request(`${server.url}/jwks`, { headers: { host: 'rebound.test' } }, response => {
          response.resume();
          resolve(response.statusCode);
        }).end(),
      );
      expect(status).toBe(421);
    });
  });

  describe('a client that nobody has registered', () => {
    const register = async (server: TestAuthorizationServer, metadata: object) => {
      const response = await fetch(`${server.url}/register`, { method: 'POST', body: JSON.stringify(metadata) });
      return { status: response.status, body: (await response.json()) as Record<string, any> };
    };

    it('registers itself, and signs a user in', async () => {
      const server = await start();
      const metadata = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', client_name: 'New' };
      const { status, body } = await register(server, metadata);
      expect([status, body.client_name]).toEqual([201, 'New']);
      const code = await codeFor(server, 'bob', { client_id: body.client_id });
      const { body: tokens } = await redeem(server, code, { client_id: body.client_id });
      expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: 'bob', client_id: body.client_id });
    });

    it('gets no token of its own, and exchanges none, with the secret that it was given', async () => {
      const server = await start();
      const { body: client } = await register(server, { redirect_uris: [CALLBACK] });
      const own = basic(client.client_id, client.client_secret);
      const subject_token = await server.token({ sub: 'alice' });
      for (const form of [
        { grant_type: 'client_credentials', resource: API },
        { grant_type: EXCHANGE, subject_token, subject_token_type: ACCESS_TOKEN, resource: API },
      ]) {
        const { status, body } = await post(server, form, own);
        expect([status, body.error]).toEqual([400, 'unauthorized_client']);
      }
    });

    it.each(['javascript:alert(1)', 'http://shop.test/callback', 'https://shop.test/#fragment'])(
      'cannot register %s as an address',
      async uri => {
        const { status, body } = await register(await start(), { redirect_uris: [uri] });
        expect([status, body.error]).toEqual([400, 'invalid_redirect_uri']);
      },
    );

    it('is known by the document at the address that is its id, if it names this very id', async () => {
      const client_id = 'https://client.test/metadata.json';
      const document = { client_id, client_name: 'Documented', redirect_uris: [CALLBACK] };
      const served =
        (content: object): typeof fetch =>
        async () =>
          Response.json(content);
      const server = await start({ fetch: served(document) });
      expect(await (await authorize(server, { client_id })).text()).toContain('Documented');
      const lying = await start({ fetch: served({ ...document, client_id: 'https://other.test/metadata.json' }) });
      expect((await authorize(lying, { client_id })).status).toBe(400);
    });
  });

  it('rotates its keys: what the old one has signed is not valid any more', async () => {
    const server = await start();
    const old = await server.token({ sub: 'alice' });
    await server.rotateKeys();
    const keys = createLocalJWKSet(server.jwks);
    await expect(jwtVerify(old, keys)).rejects.toThrow();
    await expect(jwtVerify(await server.token({ sub: 'alice' }), keys)).resolves.toBeDefined();
  });

  it('fails as told, and works again once it is mended', async () => {
    const server = await start();
    server.fail({ jwks: 503, token: { closes: true }, metadata: { delay: 50, status: 500 } });
    expect((await fetch(server.jwksUri)).status).toBe(503);
    await expect(fetch(server.tokenEndpoint, { method: 'POST' })).rejects.toThrow();
    const began = performance.now();
    expect((await fetch(`${server.url}/.well-known/openid-configuration`)).status).toBe(500);
    expect(performance.now() - began).toBeGreaterThan(40);
    server.mend('jwks');
    expect((await fetch(server.jwksUri)).status).toBe(200);
    server.mend();
    expect((await fetch(server.tokenEndpoint, { method: 'POST' })).status).toBe(401);
  });

  it('says what to do where a token would have no audience', async () => {
    const server = await TestAuthorizationServer.start();
    started.push(server);
    await expect(server.token({ sub: 'alice' })).rejects.toThrow(/token\(\{ audience \}\)/);
  });
});
