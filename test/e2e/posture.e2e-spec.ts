import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CanActivate, Controller, Get, type INestApplication, Injectable, Post } from '@nestjs/common';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { IsString } from 'class-validator';
import {
  apiKey,
  AuditLog,
  Authenticated,
  Delegated,
  type DelegatedFetch,
  DelegatesTo,
  EieModule,
  type IssuerOptions,
  type PolicyEngine,
  Posture,
  type PostureDocument,
  Public,
  recordsOf,
  RequireAnyScope,
  RequireRoles,
  RequireScopes,
  type TargetOptions,
  Unmanaged,
} from 'nestjs-eie';
import { EieMcpModule, Prompt, Resource, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { EieReceiverModule } from 'nestjs-eie/receiver';
import { Test } from '@nestjs/testing';
import { json, text } from 'express';
import { newKeyPair } from '../../src/authorization-server/key-pair.js';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import { ADAPTERS, type AppSetup, RecordingLog, startApp, type TestApp } from '../support/app.js';
import { runCommand } from '../support/command-line.js';
import { postureProblems } from '../support/posture-schema.js';
import { MCP } from '../support/world.js';

const CANARY = 'canary-5b1f0c7e-secret';
const ISSUER = 'https://as.shop.test';
const issuerOptions = (changes: Partial<IssuerOptions> = {}): IssuerOptions => ({
  issuer: ISSUER,
  jwksUri: `${ISSUER}/jwks?sig=${CANARY}`,
  algorithms: ['ES256'],
  actorType: { user: { claim: 'sub_profile', values: ['user'] } },
  tenants: ['globex', 'acme'],
  agents: { desk: 'desk-copilot' },
  client: { clientId: 'mcp-server', auth: { method: 'client_secret_basic', secret: CANARY } },
  ...changes,
});
const world = { issuerOptions };

@Injectable()
class PartnerGuard implements CanActivate {
  canActivate() {
    return true;
  }
}

@Controller('orders')
class Orders {
  @Get(':id')
  @RequireScopes('orders:read')
  @RequireRoles('support', 'admin')
  one(@Delegated('orders_api') _orders: DelegatedFetch) {}

  @Get()
  @RequireAnyScope('orders:read', 'orders:write')
  list() {}

  @Get('health')
  @Public({ reason: 'A load balancer asks, and it has no identity.' })
  health() {}
}

@Controller('partners')
@Unmanaged(PartnerGuard, { reason: 'Partners have keys of their own.' })
class Partners {
  @Post()
  push() {}
}

class RefundInput {
  @IsString()
  order: string;
}

@ToolController()
class Tools {
  @Tool({ name: 'refund', annotations: { idempotentHint: true } })
  @RequireScopes('orders:refund')
  @DelegatesTo('billing_api', 'orders_api')
  refund(@ToolInput() _input: RefundInput) {}

  @Tool({ name: 'order_status', annotations: { readOnlyHint: true, openWorldHint: false } })
  @RequireScopes('orders:read')
  @DelegatesTo('orders_api')
  status() {}

  @Resource({ uri: 'shop://catalogue', name: 'catalogue' })
  @Authenticated()
  catalogue() {
    return 'all';
  }

  @Prompt({ name: 'greeting' })
  @Authenticated()
  greeting() {
    return 'hello';
  }
}

const engine: PolicyEngine = { allows: () => Promise.resolve(true) };
const targets: Record<string, TargetOptions> = {
  orders_api: {
    mode: 'on_behalf_of',
    baseUrl: 'https://orders.shop.test/v1',
    issuer: ISSUER,
    resource: 'https://orders.shop.test',
    scopes: ['orders:write', 'orders:read'],
    onward: { stock_api: ['stock:read'] },
  },
  billing_api: {
    mode: 'service_identity',
    baseUrl: 'http://billing.mesh/api',
    credential: apiKey({ header: 'x-api-key', secret: CANARY }),
  },
};

const setup = (changes: AppSetup = {}): AppSetup => ({
  controllers: [Orders, Partners],
  providers: [Tools],
  imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })],
  ...changes,
  options: {
    targets,
    authorization: {
      unregisteredAgents: 'refuse',
      scopeHierarchy: { 'orders:write': ['orders:read'] },
      routes: [
        {
          path: '/queues/*',
          method: 'ALL',
          access: 'unmanaged',
          reason: 'The console of queues has a login of its own.',
        },
      ],
      proofOfPossession: { nonces: { secret: `${CANARY}-${'n'.repeat(32)}` } },
    },
    ports: {
      policy: engine,
      dangerouslyAllowHttp: [{ host: 'billing.mesh', for: 'target', reason: 'The mesh does the TLS of this host.' }],
      telemetry: { endUser: { pseudonymKey: `${CANARY}-${'k'.repeat(32)}` } },
    },
    ...changes.options,
  },
});

/** `null` is no limit. */
const UNLIMITED = { scopes: null, tools: null, targets: null };
const UNLIMITED_TENANT = { ...UNLIMITED, agents: null };

const handler = (document: PostureDocument, name: string) => document.handlers.find(one => one.name === name)!;

describe.each(ADAPTERS)('the posture of an application on %s', adapter => {
  let app: TestApp | undefined;
  afterEach(() => app?.close());
  const postureOf = async (changes: AppSetup = {}): Promise<Posture> => {
    app = await startApp(world, setup({ adapter, ...changes }));
    return app.app.get(Posture, { strict: false });
  };

  it('is a document of the published schema', async () => {
    expect(postureProblems((await postureOf()).document)).toEqual([]);
  });

  it('lists every handler with its route, its policy, its targets and its reason', async () => {
    const { document } = await postureOf();
    expect(handler(document, 'Orders.one')).toEqual({
      kind: 'http',
      name: 'Orders.one',
      method: 'Orders.one',
      routes: ['GET /orders/:id'],
      policy: 'protected',
      reason: null,
      requirements: [
        { kind: 'any_role', roles: ['support', 'admin'] },
        { kind: 'all_scopes', scopes: ['orders:read'] },
      ],
      targets: [{ name: 'orders_api', mode: 'on_behalf_of' }],
      sensitivity: null,
      dataSubjects: [],
      input: null,
    });
    expect(handler(document, 'Orders.health')).toMatchObject({
      policy: 'public',
      reason: 'A load balancer asks, and it has no identity.',
    });
    expect(handler(document, 'Partners.push')).toMatchObject({
      policy: 'unmanaged',
      routes: ['POST /partners'],
      reason: 'Partners have keys of their own.',
    });
    expect(handler(document, 'refund')).toMatchObject({
      kind: 'tool',
      method: 'Tools.refund',
      routes: ['mcp'],
      targets: [
        { name: 'billing_api', mode: 'service_identity' },
        { name: 'orders_api', mode: 'on_behalf_of' },
      ],
      input: { closed: true, schemaSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(document.handlers.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['resource', 'prompt', 'http']));
    expect(document.handlers.filter(({ policy }) => policy === 'none')).toEqual([]);
  });

  it('says how sensitive each tool is by what it declares, that declaring nothing is the most, and that it is not proven', async () => {
    const { document } = await postureOf();
    expect(handler(document, 'refund').sensitivity).toEqual({
      readOnly: false,
      destructive: true,
      idempotent: true,
      openWorld: true,
    });
    expect(handler(document, 'order_status').sensitivity).toEqual({
      readOnly: true,
      destructive: false,
      idempotent: true,
      openWorld: false,
    });
    expect(handler(document, 'resource:catalogue').sensitivity).toBeNull();
    expect(document.unproven.map(({ what }) => what)).toContain('tool-annotations');
  });

  it('lists the body parsers that Nest sets and those of the application, each with its limit in bytes', async () => {
    const { document } = await postureOf();
    expect(document.parsers).toEqual(
      adapter === 'express'
        ? [
            { parser: 'json', limit: 102_400 },
            { parser: 'urlencoded', limit: 102_400 },
          ]
        : ['application/json', 'application/x-www-form-urlencoded', 'text/plain'].map(parser => ({
            parser,
            limit: 1_048_576,
          })),
    );
    expect(document.unproven.map(({ what }) => what)).not.toContain('parser-limits');
    await app!.close();
    const prepare = (own: INestApplication): void => {
      const type = adapter === 'express' ? 'raw' : 'application/octet-stream';
      (own as NestExpressApplication).useBodyParser(type as 'raw', { limit: '5mb', bodyLimit: 5_242_880 } as never);
    };
    const { document: more } = await postureOf({ prepare });
    expect(more.parsers).toContainEqual({
      parser: adapter === 'express' ? 'raw' : 'application/octet-stream',
      limit: 5_242_880,
    });
  });

  it('lists no parser where there is none', async () => {
    const { document } = await postureOf({ bodyParser: false });
    expect(document.parsers.filter(({ parser }) => !/^(application\/json|text\/plain)$/.test(parser))).toEqual([]);
  });

  it('says whom the server believes, what is switched off, and what cannot be proven', async () => {
    const { document } = await postureOf();
    expect(document.issuers).toEqual([
      expect.objectContaining({
        issuer: ISSUER,
        tenants: { acme: UNLIMITED_TENANT, globex: UNLIMITED_TENANT },
        agents: { desk: { ...UNLIMITED, id: 'desk-copilot', tenants: null } },
      }),
    ]);
    expect(document).toMatchObject({
      resource: MCP,
      policyEngine: true,
      authorization: { unregisteredAgents: 'refuse', scopeHierarchy: { 'orders:write': ['orders:read'] } },
      proofOfPossession: { nonces: true },
      limits: { tokenMemory: { lifetime: 60 } },
      routes: [{ path: '/queues/*', access: 'unmanaged' }],
      dangers: [{ option: 'ports.dangerouslyAllowHttp', value: [{ host: 'billing.mesh', for: 'target' }] }],
      targets: [
        { name: 'billing_api', credential: { kind: 'FixedCredential', headers: ['x-api-key'] }, external: true },
        { name: 'orders_api', scopes: ['orders:read', 'orders:write'], onward: { stock_api: ['stock:read'] } },
      ],
      mcp: [{ path: 'mcp', messageLimits: { depth: 64 } }],
    });
    const unproven = document.unproven.map(({ what }) => what);
    expect(unproven).toEqual(expect.arrayContaining(['earlier-hooks', 'later-routes', 'mounted-applications']));
    expect(unproven.includes('own-fastify-instance')).toBe(adapter === 'fastify');
  });

  it('holds no secret of the configuration, no path and no name of this machine', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'eie-posture-'));
    const privateJwk: JWK = { ...(await exportJWK(newKeyPair().privateKey)), kid: 'seal-1' };
    const posture = await postureOf({
      options: {
        signing: { keys: [privateJwk] },
        audit: { directory: join(directory, 'log'), anchor: directory },
      },
    });
    const { text } = posture;
    for (const secret of [CANARY, privateJwk.d!, directory, tmpdir(), process.cwd()])
      expect(text).not.toContain(secret);
    // As a whole: a name of two letters may be a part of a thumbprint.
    expect(text.split(/[^\w.-]+/)).not.toContain(hostname());
    expect(posture.document.deployment.signingKeys).toEqual([
      { alg: 'ES256', thumbprint: await calculateJwkThumbprint(privateJwk) },
    ]);
    await app?.close();
    app = undefined;
    await rm(directory, { recursive: true });
  });

  it('is the same text for the same application, in whatever order its parts are listed', async () => {
    const { text: first } = await postureOf();
    await app!.close();
    const { text: second } = await postureOf({
      controllers: [Partners, Orders],
      options: { targets: { billing_api: targets.billing_api!, orders_api: targets.orders_api! } },
    });
    expect(second).toBe(first);
  });

  it('is the first record of the process by its hash', async () => {
    const posture = await postureOf();
    expect(posture.sha256).toBe(createHash('sha256').update(posture.text).digest('hex'));
    expect(app!.auditLog.starts).toEqual([
      expect.objectContaining({ type: 'service.started', service: MCP, outcome: 'ok', posture_sha256: posture.sha256 }),
    ]);
  });

  it('cannot be changed by who reads it', async () => {
    const { document } = await postureOf();
    expect(() => ((document.handlers as unknown[])[0] = {})).toThrow(TypeError);
    expect(() => ((document.authorization as { unregisteredAgents: string }).unregisteredAgents = 'allow')).toThrow(
      TypeError,
    );
  });
});

describe('the body parsers of an application on Express', () => {
  let app: TestApp | undefined;
  afterEach(() => app?.close());

  it('are those of app.use() too, and one whose limit cannot be read is not proven, and not run', async () => {
    let ran = false;
    const prepare = (own: INestApplication): void => {
      const types = ['application/json', 'application/vnd.shop+json'];
      own.use(json({ limit: '50mb' }), json({ type: types[1]!, limit: '1kb' }));
      own.use(function rawParser(request: { url: string }, _response: unknown, next: () => void) {
        ran ||= request.url === '/';
        next();
      });
      own.use(text({ limit: Infinity }));
    };
    app = await startApp(world, setup({ prepare }));
    const { parsers, unproven } = app.app.get(Posture, { strict: false }).document;
    expect(parsers).toEqual([
      { parser: 'json', limit: null },
      { parser: 'raw', limit: null },
      { parser: 'text', limit: null },
      { parser: 'urlencoded', limit: 102_400 },
    ]);
    expect(unproven.filter(({ what }) => what === 'parser-limits').map(({ why }) => why)).toEqual([
      expect.stringContaining('the parser json takes'),
      expect.stringContaining('the parser raw takes'),
      expect.stringContaining('the parser text takes'),
    ]);
    expect(ran).toBe(false);
    await app.close();
    app = await startApp(world, setup({ prepare: own => void own.use(json({ limit: '50mb' })) }));
    expect(app.app.get(Posture, { strict: false }).document.parsers).toContainEqual({
      parser: 'json',
      limit: 52_428_800,
    });
  });
});

describe('a target', () => {
  it('with a query in its URL stops the boot, and the query is in no message: it may be a key', async () => {
    const target = { ...targets.orders_api!, baseUrl: `https://orders.shop.test/v1?key=${CANARY}` };
    const started = startApp(world, setup({ options: { targets: { orders_api: target } } }));
    await expect(started).rejects.toThrow(/targets\.orders_api has wrong options:\s+- baseUrl must have no query/);
    await expect(started).rejects.not.toThrow(CANARY);
  });
});

describe('the first record of a log in a folder', () => {
  it('is that of the start, with the hash, before any other of the application', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'eie-posture-'));
    const app = await startApp(world, setup({ options: { audit: { directory, instance: 'shop' } } }));
    const { sha256 } = app.app.get(Posture, { strict: false });
    await fetch(`${app.url}/orders`, { headers: { authorization: 'Bearer x' } });
    await app.close();
    const records = [];
    for await (const record of recordsOf(join(directory, 'shop'))) records.push(record);
    const own = records.filter(({ type }) => !/^(log|refusals)\./.test(type));
    expect(own[0]).toMatchObject({ type: 'service.started', posture_sha256: sha256 });
    expect(existsSync(join(directory, 'shop', 'records'))).toBe(true);
    await rm(directory, { recursive: true });
  });

  it('is there too where the server was made before another application of its process was looked at, and starts meanwhile', async () => {
    const module = await Test.createTestingModule({
      imports: [EieModule.forRoot({ resource: MCP, issuers: [issuerOptions()], audit: { log: new RecordingLog() } })],
    }).compile();
    const server = module.createNestApplication({ logger: false });
    Object.assign(globalThis, { startAnother: () => server.init() });
    const file = 'test/support/looked-at/application.ts#whileAnotherStarts';
    expect(await runCommand(['posture', '--app', file], { LOOKED_AT_FOLDER: 'none' })).toMatchObject({ code: 0 });
    expect(server.get<RecordingLog>(AuditLog, { strict: false }).starts).toHaveLength(1);
    await server.close();
  });
});

describe('the posture of a receiver', () => {
  it('says whose Txn-Tokens it believes', async () => {
    const module = await Test.createTestingModule({
      controllers: [Orders],
      imports: [
        EieReceiverModule.forRoot({
          service: 'orders_api',
          resource: 'https://orders.shop.test',
          audit: { log: new RecordingLog() },
          issuers: [issuerOptions()],
          targets: {
            orders_api: {
              mode: 'service_identity',
              baseUrl: 'https://stock.shop.test',
              issuer: ISSUER,
              resource: 'https://stock.shop.test',
              scopes: ['stock:read'],
            },
          },
          trust: {
            trustDomain: 'shop.test',
            issuers: [
              {
                issuer: MCP,
                jwksUri: `https://mcp.shop.test/jwks?sig=${CANARY}`,
                presenters: [{ issuer: ISSUER, clientId: 'mcp-server' }],
              },
            ],
          },
        }),
      ],
    })
      .setLogger(false as never)
      .compile();
    const app = module.createNestApplication({ logger: false });
    await app.init();
    const { document, text } = app.get(Posture, { strict: false });
    await app.close();
    expect(postureProblems(document)).toEqual([]);
    expect(document.trust).toMatchObject({ trustDomain: 'shop.test', issuers: [{ issuer: MCP }] });
    expect(text).not.toContain(CANARY);
  });
});
