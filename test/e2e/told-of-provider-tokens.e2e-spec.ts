import { Controller, Get } from '@nestjs/common';
import { type IssuerOptions, RequireScopes } from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { base64url, claimsOf } from '../support/door.js';
import { startLoopback } from '../support/loopback.js';
import { startWorld, type World } from '../support/world.js';

const LEGACY = 'https://legacy.test';

@Controller('orders')
class OrdersController {
  @Get()
  @RequireScopes('orders:read')
  list(): string {
    return 'orders';
  }
}

describe('of a token that a provider gave, the operator is told what to change', () => {
  let world: World;
  let app: TestApp;
  const told: string[] = [];

  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      controllers: [OrdersController],
      options: {
        issuers: [world.issuerOptions(), legacy()],
        ports: { diagnostics: { report: ({ message }) => void told.push(message) } },
      },
    });
  });
  afterAll(() => Promise.all([app.close(), world.close()]));
  /** Its tokens have no `typ: at+jwt`, and are those of workloads alone. */
  const legacy = (): IssuerOptions =>
    world.issuerOptions({
      issuer: LEGACY,
      jwksUri: world.issuerOptions().jwksUri!,
      accessTokenClaim: { claim: 'typ', values: ['Bearer', 'DPoP'] },
      actorType: { user: { claim: 'sub', values: [] }, service: { claim: 'owner', values: ['us'] } },
    });
  beforeEach(() => void (told.length = 0));

  const signed = (header: object = {}, claims: object = {}) =>
    world.sign({ ...claimsOf(world.userToken()), ...claims }, { typ: 'at+jwt', ...header });

  const CASES: [what: string, line: string, token: () => string][] = [
    [
      'encrypted, as OpenIddict gives them, and Auth0 without an audience',
      'To fix it: The token is encrypted (JWE). Have the issuer sign access tokens and not encrypt them;',
      () => `${base64url({ alg: 'dir', enc: 'A256GCM' })}..a.b.c`,
    ],
    [
      'opaque, as those of Google, with dots in it',
      'To fix it: The token is no JWT. Where the issuer has JWTs, have it give this client one:',
      () => 'ya29.c.b0AXv0zTO',
    ],
    [
      'opaque',
      'To fix it: The token is no JWT. Where the issuer has JWTs,',
      () => 'gho_16C7e42F292c6912E7710c838347Ae178B4a',
    ],
    [
      'with a member of the header that is not accepted, by its name',
      '"zip". To fix it: The header of the token has this member, which changes how the token is read:',
      () => signed({ zip: 'DEF' }),
    ],
    ['without "iss"', 'To fix it: The token names no issuer:', () => signed({}, { iss: undefined })],
    [
      'of version 1.0 of Entra ID',
      'To fix it: It is a token of version 1.0 of Entra ID: set requestedAccessTokenVersion: 2',
      () => signed({}, { iss: 'https://sts.windows.net/8a7b6c5d-0000-4000-8000-000000000001/' }),
    ],
    [
      'with times in milliseconds',
      '"iat". To fix it: It is in milliseconds: have the issuer write seconds',
      () => signed({}, { iat: Date.now(), exp: Date.now() + 60_000 }),
    ],
    ['without "aud"', 'To fix it: The token names no audience. Have the', () => signed({}, { aud: undefined })],
    [
      'that shows neither a user nor a service',
      'To fix it: Here a user has "sub_profile" (user); a service is its own client. Have the issuer write it so:',
      () => signed({}, { sub_profile: 'person' }),
    ],
    [
      'an ID token',
      '"typ": expected at+jwt, or the claim "typ" (Bearer, DPoP), received JWT (not verified).',
      () => signed({ typ: 'JWT' }, { iss: LEGACY, typ: 'ID' }),
    ],
    [
      'of a workload of somebody else',
      'To fix it: Here no token is one of a user; a service has "owner" (us). Have the issuer',
      () => signed({ typ: 'JWT' }, { iss: LEGACY, typ: 'Bearer', sub: 'job', owner: 'them' }),
    ],
    [
      'a JWT that a client has changed',
      'To fix it: Send the access token as the issuer gave it',
      () => `"${signed()}"`,
    ],
  ];

  it.each(CASES)('%s', async (_what, line, token) => {
    const { status } = await fetch(`${app.url}/orders`, { headers: { authorization: `Bearer ${token()}` } });
    expect(status).toBe(401);
    expect(told).toEqual([expect.stringContaining(line)]);
  });
});

describe('of keys that a provider publishes, the operator is told what to change', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  it.each<[what: string, served: object, line: string]>([
    [
      'metadata at "jwksUri"',
      { jwks_uri: 'https://as.test/jwks' },
      'no usable key. To fix it: It is metadata, and the keys are at its "jwks_uri":',
    ],
    [
      'certificates in place of a JWK Set',
      { k1: '-----BEGIN' },
      'no usable key. To fix it: It is no JWK Set (RFC 7517',
    ],
    [
      'a key that is none to verify by, by its name',
      { keys: [{ kty: 'RSA', kid: 'k1', use: 'enc' }] },
      'no usable key. To fix it: Have the issuer publish a public signature key that can be used. Of those in the set, k1 has a "use" other',
    ],
  ])('%s', async (_what, served, line) => {
    const told: string[] = [];
    const keys = await startLoopback((_request, response) => void response.end(JSON.stringify(served)));
    const app = await startApp(world, {
      controllers: [OrdersController],
      options: {
        issuers: [world.issuerOptions({ jwksUri: keys.url })],
        ports: { diagnostics: { report: ({ message }) => void told.push(message) } },
      },
    });
    const headers = { authorization: `Bearer ${world.userToken()}` };
    expect((await fetch(`${app.url}/orders`, { headers })).status).toBe(503);
    expect(told.at(-1)).toContain(`${keys.url}: ${line}`);
    await Promise.all([app.close(), keys.close()]);
  });
});

describe('of an issuer that gives its keys to nobody at the moment, the operator is told to look there', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  it.each([429, 503])('by status %i', async status => {
    const told: string[] = [];
    const keys = await startLoopback((_request, response) => void response.writeHead(status).end());
    const app = await startApp(world, {
      controllers: [OrdersController],
      options: {
        issuers: [world.issuerOptions({ jwksUri: keys.url })],
        ports: { diagnostics: { report: ({ message }) => void told.push(message) } },
      },
    });
    const headers = { authorization: `Bearer ${world.userToken()}` };
    expect((await fetch(`${app.url}/orders`, { headers })).status).toBe(503);
    expect(told.at(-1)).toContain(
      `${keys.url}: ${status}. To fix it: The issuer has failed, or asks this server to wait.`,
    );
    await Promise.all([app.close(), keys.close()]);
  });
});

describe('of the metadata of an issuer, the operator is told what to change', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  it.each<[what: string, named: (url: string) => unknown, line: string]>([
    [
      'where it names another issuer, by one slash',
      url => `${url}/`,
      '/.well-known/openid-configuration. To fix it: Configure the issuer as it is named there.',
    ],
    [
      'where it is that of many tenants',
      () => 'https://login.microsoftonline.com/{tenantid}/v2.0',
      'To fix it: The document is that of many tenants, and a token names one of them:',
    ],
    ['where it names none', () => undefined, 'To fix it: The document names no "issuer" (RFC 8414 §2), so it is none'],
  ])('%s', async (_what, named, line) => {
    const told: string[] = [];
    const server = await startLoopback(
      (_request, response) =>
        void response.end(JSON.stringify({ issuer: named(server.url), jwks_uri: `${server.url}/jwks` })),
    );
    const app = await startApp(world, {
      controllers: [OrdersController],
      options: {
        issuers: [world.issuerOptions({ issuer: server.url, jwksUri: 'discovery', client: undefined as never })],
        ports: { diagnostics: { report: ({ message }) => void told.push(message) } },
      },
    });
    const token = world.sign({ ...claimsOf(world.userToken()), iss: server.url }, { typ: 'at+jwt' });
    expect((await fetch(`${app.url}/orders`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(503);
    expect(told.at(-1)).toContain(line);
    await Promise.all([app.close(), server.close()]);
  });

  it.each([
    ['https://as.test/.well-known/openid-configuration', 'and not the URL of its metadata'],
    ['https://as.test/realm\n', 'must be spelt as in "iss", without white space around it'],
  ])('where %j is configured as the issuer, at boot', async (issuer, message) => {
    const start = startApp(world, {
      controllers: [OrdersController],
      options: { issuers: [world.issuerOptions({ issuer })] },
    });
    await expect(start).rejects.toThrow(message);
  });
});
