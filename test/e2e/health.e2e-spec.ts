import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Authenticated, type EieOptions, type IssuerOptions, Public, RevocationStore, type Signer } from 'nestjs-eie';
import { EieHealthIndicator } from 'nestjs-eie/terminus';
import { ADAPTERS } from '../support/app.js';
import { type DelegatingApp, startDelegating } from '../support/delegating-app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { OpenTokenStore } from '../support/open-token-store.js';
import { startReceiver, trust } from '../support/receiver-app.js';
import { until } from '../support/until.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly identity: EieHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  @Public({ reason: 'The load balancer has no token.' })
  check() {
    return this.health.check([() => this.identity.isHealthy('identity')]);
  }
}

@Module({ imports: [TerminusModule], controllers: [HealthController], providers: [EieHealthIndicator] })
class HealthModule {}

@Controller('protected')
class Protected {
  @Get()
  @Authenticated()
  read() {
    return 'read';
  }
}

const ELSEWHERE = 'https://elsewhere.test';
const DAY = 86_400;

describe.each(ADAPTERS)('the health of a server on %s', adapter => {
  let world: World;
  let keys: Loopback;
  let api: Loopback;
  let isAway: boolean;
  let app: DelegatingApp | undefined;
  let now: number;

  beforeAll(async () => {
    world = await startWorld();
    const published = await (await fetch(world.jwksUri)).text();
    keys = await startLoopback((_request, response) =>
      isAway ? void response.writeHead(503).end() : void response.end(published),
    );
    api = await startLoopback(
      (request, response) => void response.writeHead(request.url === '/token' ? 503 : 200).end(),
    );
  });
  afterAll(() => Promise.all([world.close(), keys.close(), api.close()]));
  beforeEach(() => {
    isAway = false;
    keys.requests.length = 0;
    now = Date.now();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const issuer = (changes: Partial<IssuerOptions> = {}) =>
    world.issuerOptions({ jwksUri: `${keys.url}/jwks`, ...changes });

  const start = async (options: Partial<EieOptions> = {}): Promise<DelegatingApp> => {
    const orders_api = {
      mode: 'service_identity' as const,
      baseUrl: api.url,
      issuer: world.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    app = await startDelegating(world, {
      adapter,
      imports: [HealthModule],
      controllers: [Protected],
      options: {
        issuers: [issuer()],
        targets: { orders_api },
        ...options,
        ports: { clock: () => now, ...options.ports },
      },
    });
    return app;
  };
  const probe = async (url = app!.url): Promise<{ http: number; text: string; [part: string]: any }> => {
    const answer = await fetch(`${url}/health`);
    const text = await answer.text();
    return { http: answer.status, text, ...JSON.parse(text).details.identity };
  };
  const token = () => world.userToken({ issuedAt: Math.floor(now / 1000) });
  const call = async () =>
    (await fetch(`${app!.url}/protected`, { headers: { authorization: `Bearer ${token()}` } })).status;

  it('is up before its first call, and says so part by part', async () => {
    await start();
    expect(await probe()).toMatchObject({
      http: 200,
      status: 'up',
      keys: [{ issuer: world.issuer, verify: 'tokens', status: 'up', age: 0, usableFor: DAY }],
      authorizationServers: [{ issuer: world.issuer, status: 'up' }],
      auditLog: { status: 'up' },
      signing: { status: 'up' },
    });
  });

  it('names no place beside the issuers, and nothing of a key', async () => {
    await start();
    isAway = true;
    now += 2 * DAY * 1000;
    const { text } = await probe();
    expect(text.replaceAll(world.issuer, '')).not.toMatch(/127\.0\.0\.1|localhost|jwks|\/|kid|eyJ/);
  });

  it('is read, however often it is asked for: the keys are fetched once', async () => {
    await start();
    await Promise.all(Array.from({ length: 100 }, () => probe()));
    for (let i = 0; i < 20; i++) await probe();
    expect(keys.requests).toHaveLength(1);
    expect(app!.auditLog.events).toEqual([]);
  });

  it('is degraded while an issuer is away and its keys are believed, and down once they are not', async () => {
    await start();
    await probe();
    isAway = true;
    now += 3_600_000;
    await until(async () => (await probe()).status === 'degraded');
    expect(await probe()).toMatchObject({
      http: 200,
      keys: [{ status: 'degraded', age: 3_600, usableFor: DAY - 3_600 }],
    });
    expect(await call()).toBe(200);
    now += DAY * 1000;
    expect(await probe()).toMatchObject({
      http: 503,
      status: 'down',
      keys: [{ issuer: world.issuer, status: 'down', usableFor: 0 }],
    });
    expect(await call()).toBe(503);
  });

  it('is up again by probes alone when the issuer is back: a server that is down gets no calls', async () => {
    await start();
    isAway = true;
    expect(await probe()).toMatchObject({ http: 503, keys: [{ status: 'down' }] });
    isAway = false;
    now += 15_000;
    expect(await probe()).toMatchObject({ http: 200, status: 'up' });
  });

  it('asks an issuer that is away no more often than calls would', async () => {
    await start();
    isAway = true;
    for (let i = 0; i < 50; i++) expect(await probe()).toMatchObject({ http: 503 });
    expect(keys.requests).toHaveLength(1);
  });

  it('is degraded where one issuer of two is away: the calls of the other one run', async () => {
    const other = await startLoopback((_request, response) => void response.writeHead(503).end());
    await start({
      issuers: [issuer(), world.issuerOptions({ issuer: ELSEWHERE, jwksUri: `${other.url}/jwks` })],
    });
    expect(await probe()).toMatchObject({
      http: 200,
      status: 'degraded',
      keys: [
        { issuer: world.issuer, status: 'up' },
        { issuer: ELSEWHERE, status: 'down' },
      ],
    });
    expect(await call()).toBe(200);
    await other.close();
  });

  it.each(['removed', 'renamed'])('is down when the folder of its audit log is %s, and says why', async how => {
    const directory = await mkdtemp(join(tmpdir(), 'eie-health-'));
    await start({ audit: { directory } });
    expect(await probe()).toMatchObject({ http: 200, auditLog: { status: 'up' } });
    if (how === 'removed') await rm(directory, { recursive: true });
    else await rename(directory, `${directory}-old`);
    await until(async () => (await probe()).http === 503);
    const found = await probe();
    expect(found).toMatchObject({ status: 'down', auditLog: { status: 'down', problem: 'audit_log_changed' } });
    expect(found.text).not.toContain('eie-health-');
    expect(await call()).toBe(503);
    await Promise.all([directory, `${directory}-old`].map(path => rm(path, { recursive: true, force: true })));
  });

  it('is down when a log of the application refuses its records', async () => {
    const { auditLog } = await start();
    auditLog.broken = true;
    expect([await call(), (await probe()).auditLog]).toEqual([503, { status: 'degraded' }]);
    for (let i = 0; i < 4; i++) await call();
    expect(await probe()).toMatchObject({ http: 503, status: 'down', auditLog: { status: 'down' } });
    auditLog.broken = false;
    expect([await call(), (await probe()).http]).toEqual([200, 200]);
  });

  it('is degraded while the circuit of an authorization server is open, and says which', async () => {
    await start({ issuers: [issuer({ metadata: { tokenEndpoint: `${api.url}/token` } })] });
    const delegate = () =>
      app!.as(token(), target => target('/').then(String, (error: { code: string }) => error.code));
    expect(await delegate()).toBe('delegation_unavailable');
    expect(await probe()).toMatchObject({ http: 200, status: 'up', authorizationServers: [{ status: 'up' }] });
    for (let i = 0; i < 4; i++) await delegate();
    expect(await probe()).toMatchObject({
      http: 200,
      status: 'degraded',
      authorizationServers: [{ issuer: world.issuer, status: 'down' }],
    });
    expect(await call()).toBe(200);
  });

  it('follows the policy engine without asking it', async () => {
    let [asked, fails] = [0, true];
    const policy = {
      allows: async () => {
        asked++;
        if (fails) throw new Error('the engine is away');
        return true;
      },
    };
    await start({ ports: { policy } });
    expect(await probe()).toMatchObject({ http: 200, policyEngine: { status: 'up' } });
    expect(asked).toBe(0);
    expect([await call(), (await probe()).policyEngine]).toEqual([503, { status: 'degraded' }]);
    for (let i = 0; i < 4; i++) await call();
    expect(await probe()).toMatchObject({ http: 503, status: 'down', policyEngine: { status: 'down' } });
    expect(asked).toBe(5);
    fails = false;
    expect([await call(), (await probe()).policyEngine]).toEqual([200, { status: 'up' }]);
  });

  describe('with stores outside the process', () => {
    let answers: 'well' | 'fails' | 'never';
    let knows: 'up' | 'degraded';
    class FarRevocationStore extends RevocationStore {
      override get health(): 'up' | 'degraded' {
        return knows;
      }
      add = async (): Promise<void> => undefined;
      subscribe = async () => async (): Promise<void> => undefined;
      async isRevoked(): Promise<boolean> {
        if (answers === 'fails') throw new Error('away');
        return answers === 'never' ? new Promise<never>(() => undefined) : false;
      }
    }
    beforeEach(() => {
      [answers, knows] = ['well', 'up'];
    });

    it.each(['fails', 'never'] as const)(
      'follows how they answer, and is down while a store of revocations %s',
      async how => {
        await start({ ports: { revocation: new FarRevocationStore() } });
        expect([await call(), (await probe()).stores]).toEqual([200, [{ store: 'revocation', status: 'up' }]]);
        answers = how;
        expect(await call()).toBe(503);
        expect(await probe()).toMatchObject({ http: 200, status: 'degraded', stores: [{ status: 'degraded' }] });
        await Promise.all(Array.from({ length: 4 }, call));
        expect(await probe()).toMatchObject({ http: 503, status: 'down', stores: [{ status: 'down' }] });
        answers = 'well';
        expect([await call(), (await probe()).status]).toEqual([200, 'up']);
      },
    );

    it('is degraded where the store itself says that it does not hear of others', async () => {
      await start({ ports: { revocation: new FarRevocationStore() } });
      knows = 'degraded';
      expect(await call()).toBe(200);
      expect(await probe()).toMatchObject({ http: 200, status: 'degraded', stores: [{ status: 'degraded' }] });
    });

    it('is degraded, and no call is refused, while a store of delegated tokens fails', async () => {
      const store = new OpenTokenStore();
      await start({ ports: { delegatedTokens: { store, secrets: ['s'.repeat(32)] } } });
      const delegated = () => app!.as(token(), async target => (await target('/')).status);
      expect(await delegated()).toBe(200);
      await until(() => store.sealed.size === 1);
      expect((await probe()).stores).toEqual([{ store: 'delegatedTokens', status: 'up' }]);
      await app!.close();
      store.instead = () => Promise.reject(new Error('away'));
      await start({ ports: { delegatedTokens: { store, secrets: ['s'.repeat(32)] } } });
      expect(await delegated()).toBe(200);
      expect(await probe()).toMatchObject({ http: 200, status: 'degraded', stores: [{ status: 'degraded' }] });
    });

    it('lists none that is in the memory of the process', async () => {
      await start();
      expect(await probe()).toMatchObject({ stores: [] });
    });
  });

  it('is degraded when the signer of the envelopes fails', async () => {
    const { signer, fail } = await failingSigner();
    await start({ signing: { signer } });
    expect(await probe()).toMatchObject({ http: 200, status: 'up', signing: { status: 'up' } });
    fail();
    await app!.as(token(), target => target('/').catch(() => undefined));
    expect(await probe()).toMatchObject({ http: 200, status: 'degraded', signing: { status: 'degraded' } });
  });

  it('of a receiver has the keys that seal as well', async () => {
    const receiver = await startReceiver(world, {
      service: 'orders_api',
      resource: ORDERS,
      controllers: [HealthController],
      imports: [TerminusModule],
      providers: [EieHealthIndicator],
      adapter,
      options: {
        issuers: [world.issuerOptions({ jwksUri: `${keys.url}/jwks` })],
        trust: {
          ...trust(world),
          issuers: [{ ...trust(world).issuers[0]!, jwks: undefined, jwksUri: `${api.url}/no-keys` } as never],
        },
      },
    });
    expect(await probe(receiver.url)).toMatchObject({
      http: 503,
      keys: [
        { issuer: world.issuer, verify: 'tokens', status: 'up' },
        { verify: 'envelopes', status: 'down' },
      ],
    });
    await receiver.close();
  });
});

describe('an application with the indicator', () => {
  it('without EieModule does not start, and is told which module to import', async () => {
    await expect(NestFactory.create(HealthModule, { logger: false, abortOnError: false })).rejects.toThrow(
      'EieHealthIndicator needs EieModule: import EieModule.forRoot()',
    );
  });
});

async function failingSigner(): Promise<{ signer: Signer; fail: () => void }> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  let isFailing = false;
  const signer: Signer = {
    kid: 'kms',
    alg: 'ES256',
    publicKey: await crypto.subtle.exportKey('jwk', publicKey),
    sign: async bytes => {
      if (isFailing) throw new Error('the key service is away');
      const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, bytes as BufferSource);
      return new Uint8Array(signature);
    },
  };
  return { signer, fail: () => (isFailing = true) };
}
