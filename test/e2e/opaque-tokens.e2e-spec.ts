import { type ServerResponse } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import {
  EieConfigurationError,
  Authenticated,
  type ExecutionIdentityEnvelope,
  Identity,
  type IssuerOptions,
} from 'nestjs-eie';
import { oryHydra } from 'nestjs-eie/presets';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { base64url } from '../support/door.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { MCP, startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity() identity: ExecutionIdentityEnvelope) {
    return identity;
  }
}

describe.each(ADAPTERS)('an opaque token on %s', adapter => {
  let world: World;
  let issuer: Loopback;
  let app: TestApp;
  let now: number;
  let down: boolean;
  /** In place of what is said. */
  let answer: ((response: ServerResponse) => void) | undefined;
  const told: string[] = [];
  /** What the issuer says of a token. */
  let said: Record<string, object>;
  const asked: { authorization: string | undefined; token: string | null }[] = [];

  const seconds = () => Math.floor(now / 1000);
  const active = (changes: object = {}) => ({
    active: true,
    sub: 'alice',
    client_id: 'desk',
    aud: MCP,
    scope: 'orders:read',
    sub_profile: 'user',
    iat: seconds() - 5,
    exp: seconds() + 300,
    ...changes,
  });

  beforeAll(async () => {
    world = await startWorld();
    issuer = await startLoopback((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const token = new URLSearchParams(body).get('token');
        asked.push({ authorization: request.headers.authorization, token });
        if (down) return void response.writeHead(500).end();
        if (answer) return void answer(response);
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify(said[token ?? ''] ?? { active: false }));
      });
    });
  });
  afterAll(async () => {
    await issuer?.close();
    await world?.close();
  });

  const options = (changes: Partial<IssuerOptions> = {}): IssuerOptions => ({
    issuer: issuer.url,
    jwksUri: `${issuer.url}/jwks`,
    algorithms: ['ES256'],
    actorType: { user: { claim: 'sub_profile', values: ['user'] } },
    opaqueTokens: true,
    client: { clientId: 'mcp', auth: { method: 'client_secret_basic', secret: 'secret' } },
    metadata: { tokenEndpoint: `${issuer.url}/token`, introspectionEndpoint: `${issuer.url}/introspect` },
    ...changes,
  });
  beforeEach(async () => {
    now = Date.now();
    down = false;
    answer = undefined;
    said = {};
    asked.length = 0;
    app = await startApp(world, {
      adapter,
      controllers: [MeController],
      options: {
        issuers: [options(), world.issuerOptions()],
        ports: { clock: () => now, diagnostics: { report: ({ message }) => void told.push(message) } },
      },
    });
  });
  afterEach(() => app?.close());

  async function call(token: string) {
    const response = await fetch(`${app.url}/me`, { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, body: await response.json() };
  }
  const refused = (reason: string) =>
    expect(app.auditLog.last('admission.refused')).toMatchObject({ reason, actor_sub: null });

  it('opens by the word of its issuer, which is asked as its client, and the identity says so', async () => {
    said['opaque-1'] = active();
    expect(await call('opaque-1')).toMatchObject({
      status: 200,
      body: {
        actor: { issuer: issuer.url, sub: 'alice' },
        agent: { client_id: 'desk' },
        authorization: { scopes: ['orders:read'], confidence: 'introspected' },
      },
    });
    expect(asked).toEqual([
      { authorization: `Basic ${Buffer.from('mcp:secret').toString('base64')}`, token: 'opaque-1' },
    ]);
  });

  it('is asked about once by calls that come together, and once more after an issuer that did not answer', async () => {
    const together = async () =>
      (await Promise.all(Array.from({ length: 30 }, () => call('opaque-1')))).map(({ status }) => status);
    down = true;
    expect(new Set(await together())).toEqual(new Set([503]));
    const unanswered = asked.length;
    expect(unanswered).toBeLessThan(30);
    [down, said['opaque-1']] = [false, active()];
    expect(new Set(await together())).toEqual(new Set([200]));
    expect(asked).toHaveLength(unanswered + 1);
  });

  it('is asked about once a minute, and never believed past its expiry', async () => {
    said['opaque-1'] = active({ exp: seconds() + 30 });
    for (let i = 0; i < 3; i++) expect((await call('opaque-1')).status).toBe(200);
    expect(asked).toHaveLength(1);
    now += 30_000;
    expect((await call('opaque-1')).status).toBe(401);
    said['opaque-2'] = active();
    expect((await call('opaque-2')).status).toBe(200);
    said['opaque-2'] = { active: false };
    now += 60_000;
    expect((await call('opaque-2')).status).toBe(401);
    refused('token_inactive');
  });

  it('is remembered for as long, and as many of them, as the options say', async () => {
    await app.close();
    const limits = { tokenMemory: { capacity: 2, lifetime: 120 } };
    app = await startApp(world, {
      adapter,
      controllers: [MeController],
      options: { issuers: [options()], ports: { clock: () => now }, limits },
    });
    for (const token of ['opaque-1', 'opaque-2', 'opaque-3']) {
      said[token] = active();
      expect((await call(token)).status).toBe(200);
    }
    expect((await call('opaque-3')).status).toBe(200);
    expect(asked).toHaveLength(3);
    expect((await call('opaque-1')).status).toBe(200);
    expect(asked).toHaveLength(4);
    now += 119_000;
    expect((await call('opaque-1')).status).toBe(200);
    expect(asked).toHaveLength(4);
    now += 1_000;
    expect((await call('opaque-1')).status).toBe(200);
    expect(asked).toHaveLength(5);
  });

  it('is asked about at each request where none is to be remembered', async () => {
    await app.close();
    app = await startApp(world, {
      adapter,
      controllers: [MeController],
      options: { issuers: [options()], ports: { clock: () => now }, limits: { tokenMemory: { lifetime: 0 } } },
    });
    said['opaque-1'] = active();
    for (let i = 0; i < 2; i++) expect((await call('opaque-1')).status).toBe(200);
    expect(asked).toHaveLength(2);
    said['opaque-1'] = { active: false };
    expect((await call('opaque-1')).status).toBe(401);
  });

  it('that is not active is not asked about again for a while', async () => {
    for (let i = 0; i < 5; i++) expect((await call('unknown')).status).toBe(401);
    expect(asked).toHaveLength(1);
    now += 11_000;
    await call('unknown');
    expect(asked).toHaveLength(2);
  });

  it.each<[string, object, string]>([
    ['no audience', { aud: undefined }, 'audience_refused'],
    ['another audience', { aud: 'https://other.test' }, 'audience_refused'],
    ['no subject', { sub: undefined }, 'claim_missing'],
    ['no client', { client_id: undefined }, 'claim_missing'],
    ['no expiry', { exp: undefined }, 'claim_missing'],
    ['another issuer', { iss: 'https://other.test' }, 'issuer_unknown'],
    ['a refresh token', { token_use: 'refresh_token' }, 'token_type_refused'],
    ['neither user nor service', { sub_profile: undefined }, 'actor_unclassified'],
    ['a key it is bound to', { cnf: { jkt: 'x' } }, 'proof_of_possession_invalid'],
    ['a key it is bound to and no word of which', { token_type: 'DPoP' }, 'proof_of_possession_unsupported'],
    ['a refresh token by its type', { token_type: 'refresh_token' }, 'token_type_refused'],
    ['a refresh token by the short name of its type', { token_type: 'Refresh' }, 'token_type_refused'],
    ['an ID token by its type', { token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'token_type_refused'],
  ])('with %s in the answer does not open', async (_what, changes, reason) => {
    said['opaque-1'] = active(changes);
    expect((await call('opaque-1')).status).toBe(401);
    refused(reason);
  });

  it.each(['aud', 'sub', 'client_id', 'exp'])(
    'whose answer lacks %s is one for the operator: the answer lacks it',
    async name => {
      told.length = 0;
      said['opaque-1'] = active({ [name]: undefined });
      await call('opaque-1');
      expect(told).toEqual([
        expect.stringContaining('it is the answer of the introspection endpoint (RFC 7662 §2.2) that'),
      ]);
    },
  );

  async function restart(claims: IssuerOptions['claims']) {
    await app.close();
    app = await startApp(world, {
      adapter,
      controllers: [MeController],
      options: { issuers: [options({ claims: claims! })], ports: { clock: () => now } },
    });
  }

  it.each<[names: string, claims: IssuerOptions['claims']]>([
    ['as Ory Hydra', oryHydra({ url: 'https://example.projects.oryapis.com' }).claims],
    ['"scp" and "cid"', { scope: 'scp', clientId: 'cid' }],
    ['"azp"', { clientId: 'azp' }],
  ])('grants what its issuer answers in the names of the RFC, where JWTs have others: %s', async (_what, claims) => {
    await restart(claims);
    said['opaque-1'] = active({ token_type: 'Bearer', token_use: 'access_token' });
    expect(await call('opaque-1')).toMatchObject({
      status: 200,
      body: { agent: { client_id: 'desk' }, authorization: { scopes: ['orders:read'] } },
    });
  });

  it('grants nothing by "scope" where rights are another claim, which the answer lacks', async () => {
    await restart({ scope: 'permissions' });
    said['opaque-1'] = active();
    expect(await call('opaque-1')).toMatchObject({ status: 200, body: { authorization: { scopes: [] } } });
  });

  it('is a 503 while the issuer does not answer as the RFC says, and opens when it does', async () => {
    said['opaque-1'] = active({ active: 'true' });
    expect((await call('opaque-1')).status).toBe(503);
    said['opaque-1'] = active();
    down = true;
    expect((await call('opaque-1')).status).toBe(503);
    refused('issuer_unavailable');
    down = false;
    expect((await call('opaque-1')).status).toBe(200);
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    [
      'does not know this server',
      response => response.writeHead(401).end('{"error":"invalid_client","error_description":"alice"}'),
      '401. The server said invalid_client. To fix it: The issuer does not let this server ask about tokens: compare issuers[].client',
    ],
    [
      'does not know this server, and says so in a header alone',
      response =>
        response.writeHead(401, { 'www-authenticate': 'Basic realm="alice"', 'content-type': 'text/plain' }).end(),
      '401. To fix it: The issuer does not let this server ask about tokens: compare issuers[].client',
    ],
    [
      'has no such endpoint',
      response => response.writeHead(404, { 'content-type': 'text/html' }).end('alice'),
      '404. To fix it: See whether this is the introspection endpoint of the issuer (issuers[].metadata)',
    ],
    ['says something of its own', response => response.writeHead(400).end('{"error":"alice"}'), '400. To fix it: See'],
    ['answers something else', response => response.end('{"alice":1}'), 'OAUTH_INVALID_RESPONSE. To fix it: What is'],
    ['answers no JSON', response => response.end('alice'), 'SyntaxError. To fix it: What is answered there must be'],
    ['closes the connection', response => response.destroy(), 'To fix it: Open the URL'],
  ])('is a 503 where its issuer %s, and the operator is told what that is', async (_what, set, line) => {
    answer = set;
    told.length = 0;
    expect((await call('opaque-token-of-alice')).status).toBe(503);
    expect(told).toEqual([expect.stringContaining(`Issuer ${issuer.url}. ${issuer.url}/introspect: `)]);
    expect(told[0]).toContain(line);
    expect(told[0]).not.toContain('alice');
    expect(told[0]).not.toContain('jwksUri');
  });

  it('that is longer than the boundary reads is not asked about', async () => {
    expect((await call('x'.repeat(8_193))).status).toBe(431);
    refused('token_too_large');
    expect(asked).toEqual([]);
  });

  it('a JWT is never asked about, good or bad', async () => {
    expect((await call(world.userToken())).status).toBe(200);
    for (const bad of [world.userToken().slice(0, -4), `${world.userToken()}.x`, `${world.userToken()}.x.y.z`])
      expect((await call(bad)).status).toBe(401);
    expect(asked).toEqual([]);
  });

  it.each([
    ['with dots in it', 'ya29.c.b0AXv0zTO'],
    ['with as many parts as a JWE', 'v4.public.eyJzdWIiOiJ4In0.abc.def'],
    ['that is encrypted, as OpenIddict gives them', `${base64url({ alg: 'RSA-OAEP', enc: 'A256CBC-HS512' })}.a.b.c.d`],
  ])('%s is asked about like any other', async (_what, token) => {
    said[token] = active();
    expect(await call(token)).toMatchObject({ status: 200, body: { actor: { sub: 'alice' } } });
    expect(asked).toMatchObject([{ token }]);
  });

  it('may come from one issuer at most, and only where this server is its client', async () => {
    const boot = (...issuers: IssuerOptions[]) =>
      startApp(world, { controllers: [MeController], options: { issuers } });
    await expect(boot(options(), options({ issuer: 'https://other.test' }))).rejects.toThrow(EieConfigurationError);
    await expect(boot(options({ client: undefined as never }))).rejects.toThrow('needs issuers[].client');
  });
});
