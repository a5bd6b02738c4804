import { type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { exportJWK, SignJWT } from 'jose';
import { newKeyPair } from '../support/key-pair.js';
import { type DelegatedFetch, type IssuerOptions, type TargetOptions } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../support/delegating-app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { MCP, ORDERS, startWorld, type World } from '../support/world.js';

const CLIENT = 'mcp-server';

/** An authorization server that has its metadata where a test says. */
interface Provider extends Loopback {
  issuer: string;
  /** By path: a document, or the status without one. */
  documents: Record<string, object | number>;
  sign(claims: Record<string, unknown>): Promise<string>;
}

async function startProvider(): Promise<Provider> {
  const { privateKey, publicKey } = newKeyPair();
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] };
  const sign = (claims: Record<string, unknown>) =>
    new SignJWT({ scope: 'orders:read', ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
  async function answer(request: IncomingMessage): Promise<object | number> {
    if (request.url === '/jwks') return jwks;
    if (request.url !== '/token') return provider.documents[request.url!] ?? 404;
    await text(request);
    return {
      access_token: await sign({ iss: provider.issuer, aud: ORDERS, sub: CLIENT, client_id: CLIENT }),
      token_type: 'Bearer',
      expires_in: 300,
    };
  }
  const loopback = await startLoopback((request, response) => {
    void answer(request).then(found =>
      typeof found === 'number' ? response.writeHead(found).end() : response.end(JSON.stringify(found)),
    );
  });
  const provider: Provider = { ...loopback, documents: {}, sign, issuer: '' };
  return provider;
}

const call = async (target: DelegatedFetch) => (await target('/')).status;
const code = (error: { code: string }) => error.code;

describe('an issuer whose keys and token endpoint are discovered', () => {
  let world: World;
  let provider: Provider;
  let api: Loopback;
  let app: DelegatingApp | undefined;
  /** Milliseconds by which the server is ahead. */
  let ahead = 0;

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback();
  });
  afterAll(() => Promise.all([world.close(), api.close()]));
  beforeEach(async () => {
    provider = await startProvider();
    api.requests.length = 0;
    ahead = 0;
  });
  afterEach(async () => {
    await app?.close();
    await provider.close();
  });

  async function start(issuer: string, options: Partial<IssuerOptions> = {}): Promise<string> {
    provider.issuer = issuer;
    const target: TargetOptions = {
      mode: 'service_identity',
      baseUrl: api.url,
      issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    const issuerOptions: IssuerOptions = {
      issuer,
      jwksUri: 'discovery',
      algorithms: ['ES256'],
      actorType: { user: { claim: 'sub_profile', values: ['user'] } },
      client: { clientId: CLIENT, auth: { method: 'client_secret_basic', secret: 'secret of the server' } },
      ...options,
    };
    app = await startDelegating(world, {
      options: {
        issuers: [issuerOptions],
        targets: { orders_api: target },
        ports: { clock: () => Date.now() + ahead },
      },
    });
    return provider.sign({ iss: issuer, aud: MCP, sub: 'alice', client_id: 'app', sub_profile: 'user' });
  }
  const document = (issuer: string) => ({
    issuer,
    jwks_uri: `${provider.url}/jwks`,
    token_endpoint: `${provider.url}/token`,
  });
  const asked = () => provider.requests.map(({ url }) => url).filter(url => !/^\/(jwks|token)$/.test(url));

  it.each<[string, string, string]>([
    ['no path, OpenID Connect', '', '/.well-known/openid-configuration'],
    ['no path, RFC 8414', '', '/.well-known/oauth-authorization-server'],
    ['a path, OpenID Connect behind it', '/t/acme', '/t/acme/.well-known/openid-configuration'],
    ['a path, RFC 8414 before it', '/t/acme', '/.well-known/oauth-authorization-server/t/acme'],
    ['a path, OpenID Connect before it', '/t/acme', '/.well-known/openid-configuration/t/acme'],
    ['a path, RFC 8414 behind it', '/t/acme', '/t/acme/.well-known/oauth-authorization-server'],
    ['a path that ends with a slash', '/application/o/shop/', '/application/o/shop/.well-known/openid-configuration'],
  ])('with %s, has both in one document, which is fetched once', async (_what, path, where) => {
    const issuer = `${provider.url}${path}`;
    provider.documents[where] = document(issuer);
    const token = await start(issuer);
    expect(await app!.as(token, call)).toBe(200);
    expect(api.requests[0]!.headers.authorization).toMatch(/^Bearer ./);
    expect(asked().filter(url => url === where)).toHaveLength(1);
  });

  it.each<[string, string, string]>([
    [
      'Azure AD B2C, whose policy is no part of its name',
      '/8d3c/v2.0/',
      '/shop.test/b2c_1_signin/v2.0/.well-known/openid-configuration',
    ],
    ['UAA, which is named after its token endpoint', '/oauth/token', '/.well-known/openid-configuration'],
    ['authentik with one name for all providers', '/', '/application/o/shop/.well-known/openid-configuration'],
  ])('is %s: the operator says where the document is', async (_what, path, where) => {
    const issuer = `${provider.url}${path}`;
    provider.documents[where] = document(issuer);
    const token = await start(issuer, { metadata: `${provider.url}${where}` });
    expect(await app!.as(token, call)).toBe(200);
    expect(asked()).toEqual([where]);
  });

  it('that is no URL has what it needs in a document, too', async () => {
    provider.documents['/metadata'] = document('acme.test');
    const token = await start('acme.test', { metadata: `${provider.url}/metadata` });
    expect(await app!.as(token, call)).toBe(200);
  });

  const keysGiven = () => ({ jwksUri: `${provider.url}/jwks` });

  it('without a document anywhere is misconfigured and no outage, however often it is tried', async () => {
    const token = await start(`${provider.url}/t/acme`, keysGiven());
    for (let i = 0; i < 7; i++) expect(await app!.as(token, call).catch(code)).toBe('delegation_misconfigured');
    expect(app!.auditLog.last('delegation.outcome').reason).toBe('delegation_misconfigured');
    provider.documents['/t/acme/.well-known/openid-configuration'] = document(`${provider.url}/t/acme`);
    // It is not asked again at once.
    ahead = 30_000;
    expect(await app!.as(token, call)).toBe(200);
  });

  it('whose document fails is an outage', async () => {
    provider.documents['/.well-known/openid-configuration'] = 503;
    const token = await start(provider.url, keysGiven());
    for (let i = 0; i < 6; i++) expect(await app!.as(token, call).catch(code)).toBe('delegation_unavailable');
    provider.documents['/.well-known/openid-configuration'] = document(provider.url);
    // The circuit is open.
    expect(await app!.as(token, call).catch(code)).toBe('delegation_unavailable');
  });

  it.each<[string, (issuer: string) => object]>([
    ['of another issuer', issuer => ({ ...document(issuer), issuer: `${issuer}/` })],
    ['that names none', issuer => ({ ...document(issuer), issuer: undefined })],
    ['without a token endpoint', issuer => ({ ...document(issuer), token_endpoint: undefined })],
    ['with a token endpoint in the clear', issuer => ({ ...document(issuer), token_endpoint: 'http://as.test/token' })],
  ])('is sent no secret by a document %s', async (_what, change) => {
    provider.documents['/.well-known/openid-configuration'] = change(provider.url);
    const token = await start(provider.url, keysGiven());
    expect(await app!.as(token, call).catch(code)).toBe('delegation_misconfigured');
    expect(provider.requests.filter(({ url }) => url === '/token')).toEqual([]);
  });

  it('is not believed by the keys of a document of another issuer', async () => {
    provider.documents['/.well-known/openid-configuration'] = { ...document(provider.url), issuer: 'https://as.test' };
    const token = await start(provider.url);
    expect((await fetch(`${app!.url}/`, { headers: { authorization: `Bearer ${token}` } })).status).not.toBe(200);
    expect(provider.requests.filter(({ url }) => url === '/jwks')).toEqual([]);
  });

  it.each(['discover', 'http://as.test/metadata', 7])('does not start with metadata: %j', async metadata => {
    await expect(start(provider.url, { metadata: metadata as string })).rejects.toThrow(
      'issuers[0].metadata must be "discovery", the https URL of the metadata',
    );
  });
});
