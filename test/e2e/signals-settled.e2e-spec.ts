import { randomUUID } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { Authenticated, Identity, MemoryRevocationStore, ReplayStore, type ReplayVerdict } from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { LOGOUT_EVENT, newTransmitter, type Transmitter } from '../support/signals.js';
import { SERVER_CLIENT, startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }
}

/** Remembers ids until it is full or away. */
class BoundedReplays extends ReplayStore {
  readonly #seen = new Set<string>();
  state: 'open' | 'full' | 'away' = 'open';

  override async take(id: string): Promise<ReplayVerdict> {
    if (this.state === 'away') throw new Error('away');
    if (this.#seen.has(id)) return 'replayed';
    if (this.state === 'full') return 'full';
    this.#seen.add(id);
    return 'fresh';
  }
}

/** Cannot store that some users have ended. */
class PartialStore extends MemoryRevocationStore {
  failing: (string | undefined)[] = [];

  override async add(...given: Parameters<MemoryRevocationStore['add']>): Promise<void> {
    if (this.failing.includes(given[0].sub)) throw new Error('away');
    await super.add(...given);
  }
}

describe('a signal that is settled', () => {
  let world: World;
  let transmitter: Transmitter;
  let app: TestApp;
  let replays: BoundedReplays;
  let store: PartialStore;
  let now: number;

  beforeAll(async () => {
    world = await startWorld();
    now = Math.floor(Date.now() / 1000) * 1000 + 100;
    transmitter = await newTransmitter('https://signals.test', () => now);
  });
  afterAll(() => world?.close());
  beforeEach(async () => {
    now += 600_000;
    [replays, store] = [new BoundedReplays(), new PartialStore()];
    const { issuer, audience, jwks } = transmitter;
    app = await startApp(world, {
      controllers: [MeController],
      options: {
        ports: { clock: () => now, revocation: store, replay: replays },
        authorization: {
          signals: {
            logout: {},
            events: {
              transmitters: [{ issuer, jwks, algorithms: ['ES256'], audience: [audience], issuers: [world.issuer] }],
            },
          },
        },
      },
    });
  });
  afterEach(() => app?.close());

  const seconds = () => Math.floor(now / 1000);
  const bearerOf = (sub = 'alice', issuedAt = seconds() - 10) => world.userToken({ sub, issuedAt });
  const call = async (bearer: string) =>
    (await fetch(`${app.url}/me`, { headers: { authorization: `Bearer ${bearer}` } })).status;
  const user = (sub: string) => ({ format: 'iss_sub', iss: world.issuer, sub });
  const event = (subject: object = user('alice'), claims: object = {}) =>
    transmitter.event('account-disabled', subject, claims);
  const push = async (body: string) =>
    (
      await fetch(`${app.url}/security-events`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/secevent+jwt' },
      })
    ).status;
  const logoutToken = async (changes: object = {}) =>
    world.sign(
      {
        iss: world.issuer,
        aud: SERVER_CLIENT,
        iat: seconds(),
        exp: seconds() + 1_800,
        jti: randomUUID(),
        sub: 'alice',
        events: { [LOGOUT_EVENT]: {} },
        ...changes,
      },
      { typ: 'logout+jwt' },
    );
  const logout = async (token: string) =>
    (
      await fetch(`${app.url}/backchannel-logout`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token: token }),
      })
    ).status;
  const kinds = {
    'a security event': {
      make: (claims?: object) => event(user('alice'), claims),
      send: push,
      accepted: 202,
      again: 202,
    },
    'a logout': { make: logoutToken, send: logout, accepted: 200, again: 400 },
  } as const;
  const KINDS = ['a security event', 'a logout'] as const;

  it.each(KINDS)('ends whom it names though no more ids can be remembered, and no later login: %s', async kind => {
    const { make, send, accepted } = kinds[kind];
    const [bearer, signal] = [bearerOf(), await make()];
    replays.state = 'full';
    expect(await send(signal)).toBe(accepted);
    expect(await call(bearer)).toBe(401);
    now += 60_000;
    const later = bearerOf();
    expect(await send(signal)).toBe(accepted);
    expect(await call(later)).toBe(200);
  });

  it.each(KINDS)('is not acknowledged where the store of ids does not answer: %s', async kind => {
    const { make, send } = kinds[kind];
    replays.state = 'away';
    expect(await send(await make())).toBe(503);
    expect(app.auditLog.last('admission.refused').reason).toBe('signal_unavailable');
  });

  it.each(KINDS.flatMap(kind => [1, 2, 20, 30].map(ahead => [kind, ahead] as const)))(
    'ends what its sender has issued until then, and no later login when it comes again: %s by a clock that is %i s ahead',
    async (kind, ahead) => {
      const { make, send, accepted, again } = kinds[kind];
      const [iat, signal] = [seconds() + ahead, await make({ iat: seconds() + ahead })];
      const bearers = [bearerOf(), bearerOf('alice', iat)];
      expect(await send(signal)).toBe(accepted);
      expect(await Promise.all(bearers.map(call))).toEqual([401, 401]);
      now += 600_000;
      const later = bearerOf();
      expect(await send(signal)).toBe(again);
      expect(await call(later)).toBe(200);
      expect(app.auditLog.types().filter(type => type === 'identity.revoked')).toHaveLength(1);
    },
  );

  it('ends all names of a subject that it can, though the first one cannot be stored', async () => {
    const signal = await event({ format: 'aliases', identifiers: [user('alice'), user('bob')] });
    const [alices, bobs] = [bearerOf('alice'), bearerOf('bob')];
    store.failing = ['alice'];
    expect(await push(signal)).toBe(503);
    expect([await call(alices), await call(bobs)]).toEqual([200, 401]);
    store.failing = [];
    expect(await push(signal)).toBe(202);
    expect(await call(alices)).toBe(401);
  });
});
