import { Controller, Get } from '@nestjs/common';
import { RequireScopes } from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { base64url, claimsOf } from '../support/door.js';
import { startLoopback } from '../support/loopback.js';
import { startWorld, type World } from '../support/world.js';

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
      options: { ports: { diagnostics: { report: ({ message }) => void told.push(message) } } },
    });
  });
  afterAll(() => Promise.all([app.close(), world.close()]));
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
