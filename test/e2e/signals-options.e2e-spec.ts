import { Controller, Post } from '@nestjs/common';
import { type EieOptions, Posture, Public } from 'nestjs-eie';
import { ADAPTERS, startApp } from '../support/app.js';
import { newTransmitter, type Transmitter } from '../support/signals.js';
import { startWorld, type World } from '../support/world.js';

type Signals = NonNullable<NonNullable<EieOptions['authorization']>['signals']>;

@Controller('backchannel-logout')
class OwnLogoutController {
  @Post()
  @Public({ reason: 'The application takes logout tokens by itself.' })
  logout() {
    return 'taken';
  }
}

describe('signals from outside', () => {
  let world: World;
  let transmitter: Transmitter;

  beforeAll(async () => {
    world = await startWorld();
    transmitter = await newTransmitter('https://signals.test');
  });
  afterAll(() => world?.close());

  const optionsOf = (more: object = {}) => {
    const { issuer, audience, jwks } = transmitter;
    return { issuer, jwks, algorithms: ['ES256'], audience: [audience], issuers: [world.issuer], ...more };
  };
  const events = (more: object = {}) => ({ transmitters: [optionsOf(more)] });
  const start = (signals: object, issuers = [world.issuerOptions()]) =>
    startApp(world, { options: { authorization: { signals: signals }, issuers } });

  it.each<[string, () => object, string]>([
    ['a path that is none', () => ({ logout: { path: 'logout' } }), 'authorization.signals.logout.path must be a path'],
    [
      'a path with parameters',
      () => ({ logout: { path: '/logout/:tenant' } }),
      'authorization.signals.logout.path must be a path',
    ],
    ['an end that is none', () => ({ logout: { ends: 'all' } }), 'authorization.signals.logout.ends must be'],
    [
      'a member that is none',
      () => ({ logout: { client: 'x' } }),
      'authorization.signals.logout.client is not an option',
    ],
    ['clients of nobody', () => ({ logout: { clients: {} } }), 'takes logout tokens for no client'],
    [
      'clients of another issuer',
      () => ({ logout: { clients: { 'https://other.test': ['x'] } } }),
      'names https://other.test, which is no configured issuer',
    ],
    ['no transmitter', () => ({ events: { transmitters: [] } }), 'must name at least one transmitter'],
    ['no keys', () => ({ events: events({ jwks: undefined }) }), 'jwksUri must be the https URL of the keys'],
    ['keys over http', () => ({ events: events({ jwksUri: 'http://signals.test/jwks' }) }), 'jwksUri must be'],
    ['a symmetric algorithm', () => ({ events: events({ algorithms: ['HS256'] }) }), 'algorithms may only hold'],
    ['no audience', () => ({ events: events({ audience: [] }) }), 'audience must name this receiver'],
    ['a short secret', () => ({ events: events({ secret: 'short' }) }), 'secret must be a secret of at least 16'],
    ['an unknown event', () => ({ events: events({ events: { 'token-claims-change': 'user' } }) }), 'events must map'],
    ['an unknown effect', () => ({ events: events({ events: { 'session-revoked': 'all' } }) }), 'events must map'],
    [
      'identities of nobody who is configured',
      () => ({ events: events({ issuers: undefined }) }),
      'https://signals.test may end identities of https://signals.test, which is none of "issuers"',
    ],
    [
      'opaque ids of nobody who is configured',
      () => ({ events: events({ opaque: 'https://other.test' }) }),
      'may end identities of https://other.test',
    ],
    [
      'one transmitter twice',
      () => ({ events: { transmitters: [optionsOf(), optionsOf()] } }),
      'names one issuer twice',
    ],
    ['one path for both', () => ({ logout: { path: '/a' }, events: { path: '/a', ...events() } }), 'must differ'],
    ['a poll over http', () => ({ events: events({ poll: { url: 'http://signals.test/poll' } }) }), 'poll.url must be'],
  ])('stop the boot with %s', async (_what, signals, message) => {
    await expect(start(signals())).rejects.toThrow(message);
  });

  it('stop the boot where no issuer has a client that logout tokens could be for', async () => {
    const { client: _client, ...issuer } = world.issuerOptions();
    await expect(start({ logout: {} }, [issuer])).rejects.toThrow('takes logout tokens for no client');
  });

  it('stop the boot beside a handler of the application at the same path', async () => {
    const started = startApp(world, {
      controllers: [OwnLogoutController],
      options: { authorization: { signals: { logout: {} } } },
    });
    await expect(started).rejects.toThrow('/backchannel-logout');
  });

  it.each(ADAPTERS)('are in the posture, without a secret, on %s', async adapter => {
    const secret = 'a-secret-of-the-transmitter';
    const signals = { logout: {}, events: events({ secret, opaque: world.issuer }) } as unknown as Signals;
    const { app, close } = await startApp(world, { adapter, options: { authorization: { signals } } });
    const { document, text } = app.get(Posture);
    expect(document.signals).toEqual({
      logout: { path: '/backchannel-logout', ends: 'session', clients: { [world.issuer]: ['mcp-server'] } },
      events: {
        path: '/security-events',
        transmitters: [
          {
            issuer: 'https://signals.test',
            keys: 'configured',
            algorithms: ['ES256'],
            audience: [transmitter.audience],
            issuers: [world.issuer],
            opaque: world.issuer,
            events: {
              'account-disabled': 'user',
              'account-purged': 'user',
              'credential-change': 'user',
              'session-revoked': 'session',
              'sessions-revoked': 'user',
            },
            secret: true,
            polled: null,
          },
        ],
      },
    });
    expect(document.routes.map(({ method, path, access }) => `${method} ${path} ${access}`)).toEqual([
      'POST /backchannel-logout unmanaged',
      'POST /security-events unmanaged',
    ]);
    expect(text).not.toContain(secret);
    await close();
  });

  it('are nobody, where nothing is said of them', async () => {
    const { app, close } = await start({});
    expect([app.get(Posture).document.signals, app.get(Posture).document.routes]).toEqual([
      { logout: null, events: null },
      [],
    ]);
    await close();
  });
});
