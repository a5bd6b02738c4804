import { Controller, Get } from '@nestjs/common';
import { type Diagnostic } from 'execution-identity';
import {
  Authenticated,
  type EieOptions,
  Identity,
  IdentityRevocation,
  type IssuerOptions,
  IssuerSource,
} from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }
}

const DAY = 86_400;
const WEEK = 7 * DAY;

class Source extends IssuerSource {
  readonly advertised = [];

  constructor(private readonly options: IssuerOptions) {
    super();
  }

  find(issuer: string) {
    return Promise.resolve(issuer === this.options.issuer ? this.options : undefined);
  }
}

describe('an issuer whose tokens live for a week, as those of Casdoor do', () => {
  let world: World;
  let app: TestApp | undefined;
  let reports: Diagnostic[];
  let now: number;
  beforeAll(async () => void (world = await startWorld()));
  beforeEach(() => {
    reports = [];
    now = Math.floor(Date.now() / 1000);
  });
  afterEach(() => app?.close());
  afterAll(() => world.close());

  const start = async (issuers: EieOptions['issuers']) => {
    const ports = { diagnostics: { report: (one: Diagnostic) => void reports.push(one) }, clock: () => now * 1000 };
    app = await startApp(world, { controllers: [MeController], options: { issuers, ports } });
    return async (token: string) =>
      (await fetch(`${app!.url}/me`, { headers: { authorization: `Bearer ${token}` } })).status;
  };
  const token = (expiresIn: number) => world.userToken({ issuedAt: now, expiresIn });

  it('is believed when the operator says so, and the operator is told at boot', async () => {
    const status = await start([world.issuerOptions({ maxLifetime: WEEK })]);
    expect(reports).toEqual([
      {
        level: 'info',
        message: expect.stringContaining(`issuer ${world.issuer} may give tokens a life of ${WEEK} seconds`),
      },
    ]);
    expect(await status(token(WEEK))).toBe(200);
    expect(await status(token(WEEK + 1))).toBe(401);
    expect(app!.auditLog.events.at(-1)).toMatchObject({ reason: 'token_lifetime_refused' });
  });

  it('is not believed by default, and a day is said nowhere', async () => {
    for (const changes of [{}, { maxLifetime: DAY }]) {
      await app?.close();
      const status = await start([world.issuerOptions(changes)]);
      expect(await status(token(DAY))).toBe(200);
      expect(await status(token(DAY + 1))).toBe(401);
      expect(reports.filter(({ message }) => message.includes('a life of'))).toEqual([]);
    }
  });

  it.each([
    ['configured', (options: IssuerOptions) => options],
    ['of an issuer source', (options: IssuerOptions) => new Source(options)],
  ])('has its revoked tokens refused to the end of their life: %s', async (_how, of) => {
    const status = await start([of(world.issuerOptions({ maxLifetime: WEEK }))]);
    const long = token(WEEK);
    expect(await status(long)).toBe(200);
    await app!.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
    const revokedAt = now;
    for (const after of [1, 2 * DAY + 1, WEEK - 1]) {
      now = revokedAt + after;
      expect(await status(long)).toBe(401);
      expect(app!.auditLog.events.at(-1)).toMatchObject({ reason: 'identity_revoked' });
    }
  });

  it.each([0, 1.5, WEEK + 1, '3600'])('is refused at boot with maxLifetime: %s', async maxLifetime => {
    await expect(start([world.issuerOptions({ maxLifetime: maxLifetime as number })])).rejects.toThrow(
      'issuers[0].maxLifetime must be a number of seconds from 1 to 604800',
    );
  });

  it.each([599, WEEK + 1])('is refused at boot with maxKeyAge: %s', async maxKeyAge => {
    await expect(start([world.issuerOptions({ maxKeyAge })])).rejects.toThrow(
      'issuers[0].maxKeyAge must be a number of seconds from 600 to 604800',
    );
  });
});

describe('keys of an issuer that cannot be reached', () => {
  it('are believed for as long as the operator says', async () => {
    const world = await startWorld();
    let isUp = true;
    let now = Math.floor(Date.now() / 1000);
    const app = await startApp(world, {
      controllers: [MeController],
      options: {
        issuers: [world.issuerOptions({ maxKeyAge: 3600 })],
        ports: {
          clock: () => now * 1000,
          fetch: (input, init) => (isUp ? fetch(input, init) : Promise.reject(new Error('down'))),
        },
      },
    });
    const status = async () => {
      const token = world.userToken({ issuedAt: now });
      return (await fetch(`${app.url}/me`, { headers: { authorization: `Bearer ${token}` } })).status;
    };
    expect(await status()).toBe(200);
    isUp = false;
    now += 3600;
    expect(await status()).toBe(200);
    now += 1;
    expect(await status()).toBe(503);
    await Promise.all([app.close(), world.close()]);
  });
});
