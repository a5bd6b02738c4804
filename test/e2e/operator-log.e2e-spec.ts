import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, type LoggerService } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { Authenticated, Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { type AppSetup, startApp, type TestApp } from '../support/app.js';
import { MCP, ORDERS, SERVER_CLIENT, startWorld, type World } from '../support/world.js';

@Controller('orders')
class OrdersController {
  @Get()
  @RequireScopes('orders:read')
  list(): string {
    return 'orders';
  }

  @Get('remote')
  @Authenticated()
  remote(@Delegated('orders_api') orders: DelegatedFetch): Promise<unknown> {
    return orders.json('/orders');
  }
}

/** What reaches the console of the application. */
class Console implements LoggerService {
  readonly lines: { level: string; text: string; context: unknown }[] = [];
  log = this.#keep('log');
  warn = this.#keep('warn');
  error = this.#keep('error');

  /** Nest gives the context last. */
  #keep(level: string) {
    return (text: unknown, ...rest: unknown[]) =>
      void this.lines.push({ level, text: String(text), context: rest.at(-1) });
  }

  get own() {
    return this.lines.filter(({ context }) => context === 'Eie');
  }
}

let world: World;
let server: TestApp | undefined;
let log: Console;

async function start(options: AppSetup['options'] = {}): Promise<TestApp> {
  server = await startApp(world, {
    controllers: [OrdersController],
    options: { targets: { orders_api: ordersApi() }, ...options },
    prepare: app => app.useLogger(log),
  });
  return server;
}

const ordersApi = () => ({
  mode: 'service_identity' as const,
  baseUrl: 'http://127.0.0.1:9',
  issuer: world.issuer,
  resource: ORDERS,
  scopes: ['orders:read'],
});

const get = (token?: string, path = '/orders') =>
  fetch(`${server!.url}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });

/** The lines about refusals, since the application was started. */
const refusals = () => log.own.filter(({ level }) => level !== 'log');

describe('the log of the application', () => {
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());
  beforeEach(() => void (log = new Console()));
  afterEach(() => server?.close());

  it('says at the start where the audit log is and what is unusual, in one line', async () => {
    const issuer = world.issuerOptions({ maxLifetime: 100_000 });
    const directory = await mkdtemp(join(tmpdir(), 'eie-audit-'));
    const limits = { tokenMemory: { lifetime: 90 } };
    await start({ issuers: [issuer], audit: { directory, instance: 'shop', durability: 'process-crash' }, limits });
    expect(log.own.filter(({ level }) => level === 'log').map(({ text }) => text)).toEqual([
      `${MCP} is protected. Audit log: ${directory}/shop (self-consistent, not anchored). Agents that are not registered: allow. ` +
        `Unusual: issuer ${world.issuer} may give tokens a life of 100000 seconds; a verified token is remembered for 90 seconds; ` +
        'a loss of power may take the last audit records.',
    ]);
    await server!.close();
    await rm(directory, { recursive: true });
  });

  it('says that a token without any scope may have them in another claim', async () => {
    await start();
    const { scope, ...claims } = decodeJwt(world.userToken());
    await get(world.sign({ ...claims, scp: scope }, { typ: 'at+jwt' }));
    expect(refusals().map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^insufficient_scope .*"scope".*in another claim, such as "scp", set issuers\[\]\.claims\.scope/,
      ),
    ]);
  });

  it('names a wrong audience: what the token has, what is expected, and who has to change what', async () => {
    await start();
    const token = world.userToken({ resource: ORDERS });
    expect((await get(token)).status).toBe(401);
    expect(refusals()).toEqual([
      {
        level: 'error',
        context: 'Eie',
        text: expect.stringContaining(
          `audience_refused (401) in OrdersController.list: The token was not issued for this server. Issuer ${world.issuer}. ` +
            `"aud": expected ["${MCP}"], received ${ORDERS} (not verified). To fix it: Have the client ask the issuer for a token for this server`,
        ),
      },
    ]);
  });

  it('names the claim that is missing, by the name that this issuer gives it', async () => {
    await start({ issuers: [world.issuerOptions({ claims: { clientId: 'azp' } })] });
    expect((await get(world.userToken())).status).toBe(401);
    expect(refusals()).toMatchObject([
      { level: 'error', text: expect.stringMatching(/^claim_missing .+ "azp"\. To fix it: .+issuers\[\]\.claims/) },
    ]);
  });

  it('names the URL of the keys that cannot be fetched, and why', async () => {
    await start({ issuers: [world.issuerOptions({ jwksUri: 'http://127.0.0.1:9/jwks' })] });
    expect((await get(world.userToken())).status).toBe(503);
    expect(refusals()).toMatchObject([
      {
        level: 'error',
        text: expect.stringMatching(/^issuer_unavailable \(503\) .+ http:\/\/127\.0\.0\.1:9\/jwks: \w+\. To fix it: /),
      },
    ]);
  });

  it('names the status of a key set that is not there', async () => {
    const jwksUri = `${world.issuer}/no-such-document`;
    await start({ issuers: [world.issuerOptions({ jwksUri })] });
    expect((await get(world.userToken())).status).toBe(503);
    expect(refusals()[0]?.text).toContain(` ${jwksUri}: 404. `);
  });

  it('names a wrong client secret: the endpoint, its status, and what it said', async () => {
    const client = {
      clientId: SERVER_CLIENT,
      auth: { method: 'client_secret_basic' as const, secret: 'not-the-secret' },
    };
    await start({ issuers: [world.issuerOptions({ client })] });
    expect((await get(world.userToken(), '/orders/remote')).status).toBe(500);
    const [line, ...others] = refusals();
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      level: 'error',
      text: expect.stringMatching(
        /^delegation_misconfigured \(500\) in OrdersController\.remote calling orders_api: .+\/token: 401\. The server said invalid_client.* To fix it: Check issuers\[\]\.client/,
      ),
    });
    expect(line!.text).not.toContain('not-the-secret');
  });

  it('names the issuer that is not configured', async () => {
    const targets = { orders_api: { ...ordersApi(), issuer: `${world.issuer}/` } };
    await start({ issuers: [world.issuerOptions({ issuer: `${world.issuer}/` })], targets });
    expect((await get(world.userToken())).status).toBe(401);
    expect(refusals()).toMatchObject([
      {
        level: 'warn',
        text: expect.stringContaining(`"iss": expected ["${world.issuer}/"], received ${world.issuer} (not verified).`),
      },
    ]);
  });

  it('names the scopes that the operation needs', async () => {
    await start();
    expect((await get(world.userToken({ scope: 'billing:read' }))).status).toBe(403);
    expect(refusals()).toMatchObject([
      { level: 'warn', text: expect.stringContaining('Scopes of the operation: orders:read.') },
    ]);
  });

  it('has one line for each refusal, and none for what is allowed', async () => {
    await start();
    expect((await get(world.userToken())).status).toBe(200);
    expect(refusals()).toEqual([]);
    await get();
    expect(refusals()).toMatchObject([{ level: 'warn', text: expect.stringMatching(/^credentials_missing \(401\)/) }]);
  });

  it('is not filled by a flood of refusals', async () => {
    await start();
    await Promise.all(Array.from({ length: 40 }, () => get(world.userToken({ resource: ORDERS }))));
    expect(refusals()).toHaveLength(10);
    expect(server!.auditLog.events).toHaveLength(40);
  });

  it('shows no token and no claim but those it names', async () => {
    await start();
    const tokens = [world.userToken({ resource: ORDERS }), world.userToken({ scope: 'billing:read' }), 'a.b.c'];
    for (const token of tokens) await get(token);
    const text = JSON.stringify(log.lines);
    for (const token of tokens.slice(0, 2)) for (const part of token.split('.')) expect(text).not.toContain(part);
    expect(text).not.toMatch(/alice|desk-copilot|acme/);
  });
});
