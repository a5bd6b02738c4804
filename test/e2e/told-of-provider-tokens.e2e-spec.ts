import { Controller, Get } from '@nestjs/common';
import { RequireScopes } from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { base64url, claimsOf } from '../support/door.js';
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
