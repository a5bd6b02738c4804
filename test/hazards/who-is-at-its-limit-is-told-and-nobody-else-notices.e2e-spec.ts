import { createHash, randomUUID } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose';
import { newKeyPair } from '../support/key-pair.js';
import { Authenticated, Identity, type IssuerOptions, IssuerSource, MemoryReplayStore } from 'nestjs-eie';
import { EieMcpModule, Resource, ToolController } from 'nestjs-eie/mcp';
import { startApp, type TestApp } from '../support/app.js';
import { type Message, message, open, send } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { MCP, startWorld, type World } from '../support/world.js';

/** What one client of one user may have in use, of 26,000. */
const SHARE = 651;
/** Connections that are opened at one time. */
const AT_ONCE = 100;
const INITIALIZE = message('2025-11-25', 'initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'raw', version: '1.0.0' },
});
const LISTEN = message('2026-07-28', 'subscriptions/listen', {
  notifications: { resourceSubscriptions: ['shop://watched'] },
});

let running: number;
let proceed: () => void;
let waiting: Promise<void>;

@Controller('jobs')
@Authenticated()
class JobsController {
  @Get('long')
  async long() {
    running++;
    await waiting;
  }

  @Get('short')
  short(@Identity('actor.sub') user: string) {
    return user;
  }
}

@ToolController()
@Authenticated()
class Tools {
  @Resource({ uri: 'shop://watched', name: 'watched' })
  watched() {}
}

/** Knows the tenant of the test, and takes its time for everybody else. */
class SlowTable extends IssuerSource {
  readonly advertised = ['https://login.shop.test'];
  asked = 0;

  constructor(private readonly known: () => IssuerOptions) {
    super();
  }

  async find(issuer: string): Promise<IssuerOptions | undefined> {
    const known = this.known();
    if (issuer === known.issuer) return known;
    this.asked++;
    await waiting;
    return undefined;
  }
}

describe('who has as much in use as it may', () => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => void (world = await startWorld()));
  beforeEach(() => {
    running = 0;
    waiting = new Promise(resolve => (proceed = resolve));
  });
  afterEach(async () => {
    proceed();
    await app?.close();
  });
  afterAll(() => world?.close());

  const start = (options: Parameters<typeof startApp>[1]['options'] = {}) =>
    startApp(world, {
      controllers: [JobsController],
      providers: [Tools],
      imports: [
        EieMcpModule.register({
          path: 'mcp',
          name: 'shop',
          version: '1.0.0',
          sessions: true,
          configure: ({ server }) => server.registerCapabilities({ resources: { subscribe: true } }),
        }),
      ],
      options,
    });
  const token = (sub: string, clientId = 'desk-copilot') => world.userToken({ sub, clientId });
  const get = async (path: string, bearer: string, signal?: AbortSignal) =>
    (await fetch(app.url + path, { headers: { authorization: `Bearer ${bearer}` }, ...(signal && { signal }) })).status;
  const refusals = () => app.auditLog.events.filter(({ reason }) => reason === 'limit_reached');

  it('of running calls, gets 429, while another client, another user and a service are answered', async () => {
    app = await start();
    const alice = token('alice');
    const calls: Promise<number>[] = [];
    while (calls.length < SHARE) {
      for (let i = 0; i < AT_ONCE && calls.length < SHARE; i++) calls.push(get('/jobs/long', alice));
      await until(() => running === calls.length);
    }
    expect(await get('/jobs/short', alice)).toBe(429);
    expect(refusals()).toEqual([
      expect.objectContaining({
        type: 'authorization.refused',
        actor_sub: 'alice',
        client_id: 'desk-copilot',
        handler: 'JobsController.short',
      }),
    ]);
    expect(await get('/jobs/short', token('alice', 'assistant'))).toBe(200);
    expect(await get('/jobs/short', token('bob'))).toBe(200);
    proceed();
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
    expect(await get('/jobs/short', alice)).toBe(200);
  });

  const post = (era: '2025-11-25' | '2026-07-28', bearer: string, body: Message) => open(app.url, bearer, era, body);

  it('of subscriptions, gets an error of the protocol, while others subscribe', async () => {
    app = await start();
    const alice = token('alice');
    const streams: Response[] = [];
    while (streams.length < SHARE) {
      const more = Math.min(AT_ONCE, SHARE - streams.length);
      streams.push(...(await Promise.all(Array.from({ length: more }, () => post('2026-07-28', alice, LISTEN)))));
    }
    expect(new Set(streams.map(({ status }) => status))).toEqual(new Set([200]));
    const refused = await post('2026-07-28', alice, LISTEN);
    expect([refused.status, await refused.json()]).toEqual([
      429,
      expect.objectContaining({ id: 1, error: expect.objectContaining({ data: { code: 'limit_reached' } }) }),
    ]);
    expect(refusals()).toEqual([expect.objectContaining({ type: 'mcp.refused', actor_sub: 'alice' })]);
    const others = [
      await post('2026-07-28', token('bob'), LISTEN),
      await post('2026-07-28', token('alice', 'assistant'), LISTEN),
    ];
    expect(others.map(({ status }) => status)).toEqual([200, 200]);
    await Promise.all([...streams, ...others].map(({ body }) => body!.cancel()));
  });

  it('of sessions, opens no other one, and loses none; others open theirs', async () => {
    app = await start();
    const alice = token('alice');
    const opened: number[] = [];
    const first = await send(app.url, alice, '2025-11-25', INITIALIZE);
    const session = { 'mcp-session-id': first.headers.get('mcp-session-id')! };
    while (opened.length < SHARE - 1) {
      const more = Math.min(AT_ONCE, SHARE - 1 - opened.length);
      const answers = await Promise.all(
        Array.from({ length: more }, () => send(app.url, alice, '2025-11-25', INITIALIZE)),
      );
      opened.push(...answers.map(({ status }) => status));
    }
    expect(new Set(opened)).toEqual(new Set([200]));
    expect((await send(app.url, alice, '2025-11-25', INITIALIZE)).status).toBe(429);
    const list = message('2025-11-25', 'resources/list');
    expect((await send(app.url, alice, '2025-11-25', list, { headers: session })).status).toBe(200);
    expect((await send(app.url, token('bob'), '2025-11-25', INITIALIZE)).status).toBe(200);
    const headers = { authorization: `Bearer ${alice}`, ...session, 'mcp-protocol-version': '2025-11-25' };
    expect((await fetch(`${app.url}/mcp`, { method: 'DELETE', headers })).status).toBe(200);
    expect((await send(app.url, alice, '2025-11-25', INITIALIZE)).status).toBe(200);
  });

  it('of proofs of possession, gets 429 and not 401, while the proofs of others are taken', async () => {
    app = await start({ ports: { replay: new MemoryReplayStore(4_000) } });
    const pair = newKeyPair();
    const jwk = await exportJWK(pair.publicKey);
    const cnf = { jkt: await calculateJwkThumbprint(jwk) };
    const prove = async (sub: string) => {
      const bound = world.userToken({ sub, claims: { cnf } });
      const proof = await new SignJWT({
        htm: 'GET',
        htu: 'https://mcp.shop.test/jobs/short',
        jti: randomUUID(),
        ath: createHash('sha256').update(bound).digest('base64url'),
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt()
        .sign(pair.privateKey);
      return (await fetch(`${app.url}/jobs/short`, { headers: { authorization: `DPoP ${bound}`, dpop: proof } }))
        .status;
    };
    const statuses: number[] = [];
    for (let i = 0; i < 150; i++) statuses.push(await prove('alice'));
    // A fortieth of all, and its part of the reserve.
    expect(statuses.filter(status => status === 200)).toHaveLength(101);
    expect(statuses.at(-1)).toBe(429);
    expect(await prove('bob')).toBe(200);
  });

  it('of look-ups of invented issuers, gets 429, while the users of known issuers are answered', async () => {
    const tenant = newKeyPair();
    const known: IssuerOptions = {
      issuer: 'https://login.shop.test/t/1',
      jwks: { keys: [{ ...(await exportJWK(tenant.publicKey)), kid: 'k' }] },
      algorithms: ['ES256'],
      tenants: ['t-1'],
      actorType: { user: { claim: 'sub_profile', values: ['user'] } },
    };
    const table = new SlowTable(() => known);
    app = await start({ issuers: [world.issuerOptions(), table] as never });
    const tokenOf = (iss: string) =>
      new SignJWT({ iss, aud: MCP, sub: 'carol', client_id: 'app', sub_profile: 'user', tenant: 't-1' })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(tenant.privateKey);
    expect(await get('/jobs/short', await tokenOf(known.issuer))).toBe(200);
    const abort = new AbortController();
    const flood = Array.from({ length: 300 }, async (_one, i) =>
      get('/jobs/short', await tokenOf(`https://login.shop.test/invented/${i}`), abort.signal).catch(() => 'waits'),
    );
    // The first ones wait for the table, and on a busy machine until they get 503.
    const refusals = flood.map(async answer => expect(await answer).toBe(429));
    await Promise.any(refusals);
    expect(await get('/jobs/short', token('alice'))).toBe(200);
    expect(await get('/jobs/short', await tokenOf(known.issuer))).toBe(200);
    expect(table.asked).toBeLessThan(256);
    abort.abort();
    await Promise.all(flood);
  });
});
