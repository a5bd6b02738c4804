import { type KeyObject } from 'node:crypto';
import { Controller, Get, Sse } from '@nestjs/common';
import { exportJWK, SignJWT } from 'jose';
import { interval, map } from 'rxjs';
import { newKeyPair } from '../support/key-pair.js';
import { Authenticated, Identity, IdentityRevocation, type IssuerOptions, IssuerSource, type JwkSet } from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { startLoopback } from '../support/loopback.js';
import { MCP, startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor') actor: object) {
    return actor;
  }

  @Sse('stream')
  @Authenticated()
  stream() {
    return interval(20).pipe(map(data => ({ data })));
  }
}

/** All of them in `npm run test:long`. */
const [ISSUERS, CALLS] = process.env.TEST_LONG ? [400, 2_000] : [40, 600];
const issuerOf = (tenant: number) => `https://login.shop.test/t/${tenant}`;

/** A table of tenants, as an operator would keep it. */
class TenantTable extends IssuerSource {
  readonly advertised = ['https://login.shop.test'];
  readonly rows = new Map<string, IssuerOptions>();
  readonly questions: string[] = [];
  broken = false;
  /** Whether a look-up never ends. */
  hangs = false;

  find(issuer: string): Promise<IssuerOptions | undefined> {
    this.questions.push(issuer);
    if (this.hangs) return new Promise(() => undefined);
    return this.broken ? Promise.reject(new Error('database is down')) : Promise.resolve(this.rows.get(issuer));
  }
}

interface Tenant {
  issuer: string;
  key: KeyObject;
  options: IssuerOptions;
}

async function tenant(number: number): Promise<Tenant> {
  const { privateKey, publicKey } = newKeyPair();
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] } as JwkSet;
  const actorType = { user: { claim: 'sub_profile', values: ['user'] } };
  return {
    issuer: issuerOf(number),
    key: privateKey,
    options: { issuer: issuerOf(number), jwks, algorithms: ['ES256'], tenants: [`t-${number}`], actorType },
  };
}

const tokenOf = ({ issuer, key }: Tenant, name: string, iss = issuer) =>
  new SignJWT({ iss, aud: MCP, sub: 'alice', client_id: 'app', sub_profile: 'user', tenant: name })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(key);

describe('an IssuerSource', () => {
  let world: World;
  let app: TestApp;
  let table: TenantTable;
  let now: number;
  let tenants: Tenant[];
  let told: string[];

  beforeAll(async () => {
    world = await startWorld();
    tenants = await Promise.all(Array.from({ length: ISSUERS }, (_, number) => tenant(number)));
  });
  afterAll(() => world?.close());
  beforeEach(async () => {
    now = Date.now();
    table = new TenantTable();
    told = [];
    for (const { issuer, options } of tenants) table.rows.set(issuer, options);
    app = await startApp(world, {
      adapter: 'fastify',
      controllers: [MeController],
      options: {
        issuers: [table],
        ports: { clock: () => now, diagnostics: { report: ({ message }) => void told.push(message) } },
      },
    });
    told.length = 0;
  });
  afterEach(() => app?.close());

  async function call(token: string) {
    const response = await fetch(`${app.url}/me`, { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, tenant: ((await response.json()) as { tenant?: string }).tenant };
  }

  it(`serves ${ISSUERS} issuers that are onboarded, suspended and rotated meanwhile: no tenant is ever asserted by another's issuer`, async () => {
    const tokens = await Promise.all(tenants.map((one, number) => tokenOf(one, `t-${number}`)));
    const crossing = await Promise.all(tenants.map((one, number) => tokenOf(one, `t-${(number + 1) % ISSUERS}`)));
    const posing = await Promise.all(
      tenants.map((one, number) => tokenOf(one, `t-${(number + 1) % ISSUERS}`, issuerOf((number + 1) % ISSUERS))),
    );
    const newer = await Promise.all(tenants.map((_, number) => tenant(number)));
    const newTokens = await Promise.all(newer.map((one, number) => tokenOf(one, `t-${number}`)));
    const current = [...tenants];
    const wrong: unknown[] = [];
    let [served, suspended] = [0, 0];
    const one = async (i: number): Promise<void> => {
      const number = (i * 7) % ISSUERS;
      const [suspend, onboard, rotate] = [3, 5, 9].map(step => (number + step) % ISSUERS) as [number, number, number];
      if (i % 17 === 0) table.rows.delete(issuerOf(suspend));
      if (i % 11 === 0) table.rows.set(issuerOf(onboard), current[onboard]!.options);
      if (i % 41 === 0) {
        [current[rotate], tokens[rotate]] = [newer[rotate]!, newTokens[rotate]!];
        table.rows.set(issuerOf(rotate), current[rotate].options);
      }
      if (i % 100 === 0) now += 61_000;
      const [good, bad] = [await call(tokens[number]!), await call(i % 2 ? crossing[number]! : posing[number]!)];
      if (good.status === 200 && good.tenant === `t-${number}`) served++;
      else if (good.status === 401 && good.tenant === undefined) suspended++;
      else wrong.push(good);
      if (bad.status !== 401 || bad.tenant !== undefined) wrong.push(bad);
    };
    const queue = Array.from({ length: CALLS / 2 }, (_, i) => i);
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let i = queue.shift(); i !== undefined; i = queue.shift())
          await one(i).catch((error: unknown) => wrong.push(error));
      }),
    );
    expect(wrong).toEqual([]);
    expect(served + suspended).toBe(CALLS / 2);
    expect(served).toBeGreaterThan(CALLS / 4);
    expect(suspended).toBeGreaterThan(0);
    expect(new Set(app.auditLog.events.map(({ type, reason }) => `${type} ${reason}`))).toEqual(
      new Set([
        'execution.intent null',
        'execution.outcome null',
        'admission.refused issuer_unknown',
        'admission.refused tenant_refused',
        'admission.refused signature_invalid',
      ]),
    );
  });

  it('is asked about an issuer once a minute, also about one it does not know', async () => {
    const [token, unknown] = [
      await tokenOf(tenants[0]!, 't-0'),
      await tokenOf(tenants[0]!, 't-0', 'https://evil.test'),
    ];
    for (let i = 0; i < 5; i++) {
      expect((await call(token)).status).toBe(200);
      expect((await call(unknown)).status).toBe(401);
    }
    expect(table.questions.sort()).toEqual(['https://evil.test', issuerOf(0)]);
  });

  it('is not asked again about a known issuer because somebody invents a thousand others', async () => {
    const token = await tokenOf(tenants[0]!, 't-0');
    expect((await call(token)).status).toBe(200);
    for (let i = 0; i < 1_100; i += 25) {
      await Promise.all(
        Array.from({ length: 25 }, async (_, j) =>
          call(await tokenOf(tenants[0]!, 't-0', `https://invented.test/${i + j}`)),
        ),
      );
    }
    expect((await call(token)).status).toBe(200);
    expect(table.questions.filter(question => question === issuerOf(0))).toHaveLength(1);
  });

  it('ends an issuer that it suspends within a minute, its remembered tokens included', async () => {
    const token = await tokenOf(tenants[0]!, 't-0');
    expect((await call(token)).status).toBe(200);
    table.rows.delete(issuerOf(0));
    now += 60_000;
    expect((await call(token)).status).toBe(401);
    expect(app.auditLog.last('admission.refused').reason).toBe('issuer_unknown');
  });

  it('ends it for a token too that is remembered for longer than what the source has said', async () => {
    const [first, later] = [await tokenOf(tenants[0]!, 't-0'), await tokenOf(tenants[0]!, 't-0')];
    expect((await call(first)).status).toBe(200);
    now += 30_000;
    expect((await call(later)).status).toBe(200);
    table.rows.delete(issuerOf(0));
    now += 30_000;
    expect((await call(later)).status).toBe(401);
  });

  it.each<[string, () => void]>([
    ['has suspended', () => void table.rows.delete(issuerOf(0))],
    ['cannot say anything of, since it fails', () => (table.broken = true)],
    ['cannot say anything of, since it does not answer', () => (table.find = () => new Promise(() => {}))],
  ])('has what is open ended of an issuer that it %s', async (_what, set) => {
    const token = await tokenOf(tenants[0]!, 't-0');
    const left = new AbortController();
    const { signal } = left;
    const stream = await fetch(`${app.url}/me/stream`, { headers: { authorization: `Bearer ${token}` }, signal });
    set();
    try {
      await app.app.get(IdentityRevocation).purge({ issuer: issuerOf(0) });
      await stream.text().catch(() => 'cut off');
    } finally {
      left.abort();
    }
    expect(app.auditLog.last('identity.revoked')).toMatchObject({ actor_issuer: issuerOf(0), outcome: 'ok' });
  });

  it('does not make a revocation of everybody out of one without an issuer', async () => {
    const token = await tokenOf(tenants[0]!, 't-0');
    for (const revoked of [{ sub: 'alice' }, { issuer: '', sub: 'alice' }])
      await expect(app.app.get(IdentityRevocation).purge(revoked as never)).rejects.toMatchObject({
        code: 'revocation_invalid',
      });
    expect((await call(token)).status).toBe(200);
  });

  it('tells the operator of a revocation that may name an issuer wrongly, and of no other one', async () => {
    const revocation = app.app.get(IdentityRevocation);
    await revocation.purge({ issuer: issuerOf(0), sub: 'alice' });
    expect(told).toEqual([]);
    await revocation.purge({ issuer: `${issuerOf(0)}/`, sub: 'alice' });
    expect(told).toEqual([expect.stringContaining(`Identities of ${issuerOf(0)}/ are revoked`)]);
  });

  it('refuses a token of keys that it has rotated away', async () => {
    const token = await tokenOf(tenants[0]!, 't-0');
    expect((await call(token)).status).toBe(200);
    table.rows.set(issuerOf(0), { ...tenants[0]!.options, jwks: tenants[1]!.options.jwks! });
    now += 60_000;
    expect((await call(token)).status).toBe(401);
  });

  it.each<[string, () => void]>([
    ['fails', () => (table.broken = true)],
    [
      'answers something that is no issuer',
      () => table.rows.set(issuerOf(0), { issuer: issuerOf(0), algorithms: ['none'] } as never),
    ],
  ])('that %s is a 503, and believes nothing', async (_what, set) => {
    set();
    expect((await call(await tokenOf(tenants[0]!, 't-0'))).status).toBe(503);
    expect(app.auditLog.last('admission.refused').reason).toBe('issuer_unavailable');
  });

  it('whose look-up never ends refuses its tenant as unavailable, and is asked again five seconds later', async () => {
    const token = await tokenOf(tenants[0]!, 't-0');
    table.hangs = true;
    expect((await call(token)).status).toBe(503);
    expect(told).toContainEqual(expect.stringContaining('See whether it answers within 2000 ms'));
    table.hangs = false;
    now += 6_000;
    expect((await call(token)).status).toBe(200);
  });

  it('that answers with another issuer than it was asked for believes nothing', async () => {
    table.rows.set(issuerOf(0), tenants[1]!.options);
    expect((await call(await tokenOf(tenants[1]!, 't-1', issuerOf(0)))).status).toBe(401);
  });

  it('is never asked about what cannot be an issuer', async () => {
    for (const iss of [
      '',
      'alice',
      'javascript:alert(1)',
      'http://login.shop.test',
      `https://login.shop.test/${'x'.repeat(600)}`,
      'https://user@login.shop.test',
    ]) {
      expect((await call(await tokenOf(tenants[0]!, 't-0', iss))).status).toBe(401);
    }
    expect(table.questions).toEqual([]);
  });
});

describe('an issuer that is discovered', () => {
  it.each(['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'])(
    'publishes its keys where %s says, if that names the very issuer',
    async path => {
      const world = await startWorld();
      const { options, key } = await tenant(0);
      let named: string | undefined;
      const issuer = await startLoopback((request, response) => {
        if (request.url === '/keys') response.end(JSON.stringify(options.jwks));
        else if (request.url === path)
          response.end(JSON.stringify({ issuer: named ?? issuer.url, jwks_uri: `${issuer.url}/keys` }));
        else response.writeHead(404).end();
      });
      let now = Date.now();
      const app = await startApp(world, {
        controllers: [MeController],
        options: {
          issuers: [{ ...options, issuer: issuer.url, jwks: undefined as never, jwksUri: 'discovery' }],
          ports: { clock: () => now },
        },
      });
      const knock = async () =>
        (
          await fetch(`${app.url}/me`, {
            headers: { authorization: `Bearer ${await tokenOf({ issuer: issuer.url, key, options }, 't-0')}` },
          })
        ).status;
      named = 'https://evil.test';
      expect(await knock()).toBe(503);
      named = undefined;
      now += 1_000;
      expect(await knock()).toBe(200);
      await app.close();
      await issuer.close();
      await world.close();
    },
  );
});
