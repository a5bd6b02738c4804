import { randomUUID } from 'node:crypto';
import {
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Module,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, DiscoveryModule } from '@nestjs/core';
import { exportJWK, importJWK, type JWK, SignJWT } from 'jose';
import { newKeyPair } from '../support/key-pair.js';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  DelegationService,
  ExecutionIdentityEnvelope,
  Identity,
  type TargetOptions,
} from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { callTool, connect, startApp, startMcpApp, type TestApp } from '../support/app.js';
import { attack, type Loot, type Plausible } from '../support/attack.js';
import { claimsOf } from '../support/door.js';
import { Intruder, MADE_BY } from '../support/intruder.js';
import { type LyingIssuer, startLyingIssuer } from '../support/lying-issuer.js';
import { reachable } from '../support/reachable.js';
import { type ReceiverApp, startReceiver } from '../support/receiver-app.js';
import { MCP, ORDERS, startWorld, type World } from '../support/world.js';

/** Whom no token proves. */
const CEO = 'the-ceo';
/** The modules whose providers are attacked. */
const ATTACKED = /^(Eie|Leaky)/;

/** Whom the receiver believed, call by call. */
const believed: string[] = [];

@Controller('seen')
class Seen {
  @Get()
  @Authenticated()
  seen(@Identity('actor.sub') sub: string) {
    believed.push(sub);
    return { sub };
  }
}

let world: World;
let receiver: ReceiverApp;
let shop: TestApp;
let outsider: LyingIssuer;
/** Told when a slow handler runs; it runs until `stop` is called. */
let running: (envelope: ExecutionIdentityEnvelope) => void;
let stopped: Promise<void>;
let stop: () => void;

@Controller('shop')
class Shop {
  @Get()
  @Authenticated()
  async call(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/seen')).json();
  }

  @Get('slow')
  @Authenticated()
  async slow(@Identity() identity: ExecutionIdentityEnvelope, @Delegated('orders_api') _orders: DelegatedFetch) {
    running(identity);
    await stopped;
  }
}

@ToolController()
class ShopTools {
  @Tool({ name: 'call' })
  @Authenticated()
  async call(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/seen')).json();
  }
}

/** What the hooks of Nest show to a module of the application. */
const captured: { contexts: ExecutionContext[]; args: unknown[] } = { contexts: [], args: [] };

@Injectable()
class Spy implements CanActivate, NestInterceptor {
  canActivate(context: ExecutionContext): boolean {
    captured.contexts.push(context);
    captured.args.push(...context.getArgs<unknown[]>());
    return true;
  }

  intercept(context: ExecutionContext, next: CallHandler) {
    this.canActivate(context);
    return next.handle();
  }
}

@Module({
  imports: [DiscoveryModule],
  providers: [Intruder, { provide: APP_GUARD, useClass: Spy }, { provide: APP_INTERCEPTOR, useClass: Spy }],
})
class HostileModule {}

const target = (issuer = world.issuer): TargetOptions => ({
  mode: 'service_identity',
  baseUrl: receiver.url,
  issuer,
  resource: ORDERS,
  scopes: ['orders:read'],
});

async function start(leaky: Type[] = []): Promise<void> {
  believed.length = captured.contexts.length = captured.args.length = made.length = 0;
  stopped = new Promise(resolve => (stop = resolve));
  world = await startWorld();
  outsider = await startLyingIssuer();
  receiver = await startReceiver(world, { service: 'orders_api', resource: ORDERS, controllers: [Seen] });
  shop = await startMcpApp(world, {
    controllers: [Shop],
    providers: [ShopTools],
    imports: [HostileModule, ...leaky],
    options: { targets: { orders_api: target() }, signing: { keys: world.sealing.keys } },
  });
}

async function end(): Promise<void> {
  stop();
  await Promise.all([shop, receiver, world, outsider].map(one => one?.close()));
}

const get = (url: string, token: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } });

/** Leaves a call running. Gives the envelope of its execution, and what ends it. */
async function callSlowly(url: string, token: string) {
  const begun = new Promise<ExecutionIdentityEnvelope>(resolve => (running = resolve));
  const answer = get(`${url}/shop/slow`, token);
  return {
    envelope: await begun,
    async finish() {
      stop();
      await answer;
    },
  };
}

const forgedIdentity = () => ({
  actor: { type: 'user', issuer: world.issuer, sub: CEO, tenant: 'acme' },
  agent: { type: 'mcp_agent', issuer: world.issuer, id: 'bot', client_id: 'desk-copilot', source: 'client', chain: [] },
  authorization: { scopes: ['orders:read'], confidence: 'verified' },
  session: { trace_id: 'a'.repeat(32) },
  delegation: { allowed: ['orders_api'], modes: { orders_api: 'service_identity' }, mode: 'service_identity' },
  meta: { version: 1, id: randomUUID(), issuer: MCP, created_at: 0, expires_at: 4e9 },
  issuedAt: Math.floor(Date.now() / 1000),
  expiresAt: 4e9,
});

/** Every request that was made up, so that what was left on it is found. */
const made: object[] = [];

function forgedContexts(credentials: readonly string[]): object[] {
  return ['http', 'mcp', 'rpc'].flatMap(type =>
    credentials.map(credential => {
      const headers = { authorization: `Bearer ${credential}`, 'txn-token': credential };
      const request = {
        headers,
        headersDistinct: { authorization: [headers.authorization] },
        rawHeaders: Object.entries(headers).flat(),
        method: 'GET',
        url: '/shop',
        user: forgedIdentity(),
      };
      const response = { once: () => response, setHeader: () => undefined, headersSent: false };
      made.push(request);
      const args = type === 'rpc' ? [{}, request] : [request, response];
      return {
        getType: () => type,
        getArgs: () => args,
        getArgByIndex: (index: number) => args[index],
        getClass: () => Shop,
        getHandler: () => Shop.prototype.call,
        switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }),
      };
    }),
  );
}

interface Forged {
  /** A token of the attacker's own issuer. */
  readonly access: string;
  /** A Txn-Token that the attacker has signed. */
  readonly txn: string;
  readonly key: JWK;
}

/** Arguments that an attacker would try, by the name of the parameter: what was captured, what he made up, and what he injected. */
function plausibleFor(roots: ReadonlyMap<string, unknown>, forged: Forged): Plausible {
  const identity = forgedIdentity();
  const genuine = captured.args.filter(one => typeof one === 'object' && one !== null) as { user?: unknown }[];
  const envelopes = genuine.flatMap(({ user }) => (user instanceof ExecutionIdentityEnvelope ? [user] : []));
  const disguised = envelopes
    .slice(0, 2)
    .flatMap(one => [
      Object.create(one, { actor: { value: identity.actor } }) as object,
      { ...one, actor: identity.actor },
    ]);
  const execution = { handler: Shop.prototype.call, type: Shop, handlerName: 'Shop.call', traceId: 'a'.repeat(32) };
  const record = { admitted: identity, request: { admitted: identity }, execution, executions: new Set() };
  const contexts = forgedContexts([forged.access, forged.txn]);
  const options = {
    resource: MCP,
    issuers: [outsider.issuerOptions],
    signing: { keys: [forged.key] },
    targets: { orders_api: target() },
    keys: [forged.key],
  };
  const fakes: Record<string, unknown> = {
    boundary: { admit: () => Promise.resolve(identity), close: () => undefined },
    authorizer: { authorize: () => Promise.resolve(), allows: () => true, refuse: () => Promise.resolve() },
    targets: { get: () => target(), forTenant: () => target(), actsForUsers: () => true, isNamed: () => true },
  };
  const injected = [...roots].filter(([name]) => !name.endsWith(MADE_BY));
  const byName: [RegExp, () => unknown[]][] = [
    [/context/i, () => [...contexts, ...captured.contexts]],
    [/request|carrier|raw|message/i, () => [...made, ...genuine]],
    [/response|next/i, () => [{ once: () => undefined, setHeader: () => undefined, handle: () => undefined }]],
    [/record/i, () => [record, ...genuine]],
    [/identity|admitted|envelope|subject|actor|owner|parts/i, () => [identity, ...disguised, ...envelopes]],
    [
      /polic/i,
      () => [{ kind: 'protected', requirements: [] }, { kind: 'public', reason: 'x' }, { kind: 'dispatcher' }],
    ],
    [/execution|handler/i, () => [execution, Shop.prototype.call]],
    [/token|jws|compact|credential|proof|handle/i, () => [forged.access, forged.txn]],
    [/claims/i, () => [claimsOf(forged.txn)]],
    [/scope/i, () => [['orders:read']]],
    [/now|lifetime|expires|at$/i, () => [Math.floor(Date.now() / 1000)]],
    [/option|given|made|input|config/i, () => [...injected.map(([, one]) => one), options, identity]],
    [/key|sign/i, () => [forged.key, [forged.key]]],
    [/target|name|service/i, () => ['orders_api', target()]],
    [/url|path|init/i, () => ['/seen']],
    [/listener|callback/i, () => [() => identity]],
  ];
  return parameter => {
    const name = parameter
      .replace(/^\.\.\./, '')
      .split('=')[0]!
      .trim();
    const [namesake] = injected.filter(
      ([token]) => name.length > 3 && token.toLowerCase().includes(name.toLowerCase()),
    );
    const values = [
      ...(Object.hasOwn(fakes, name) ? [fakes[name]] : []),
      ...byName.filter(([pattern]) => pattern.test(name)).flatMap(([, make]) => make()),
      ...(namesake ? [namesake[1]] : []),
    ];
    return values.length ? values : ['orders_api', identity, {}, undefined];
  };
}

/** Uses the application as alice, attacks it while a call of hers runs, and presents whatever came out to the receiver. */
async function attackTheShop(): Promise<Loot[]> {
  expect((await get(`${shop.url}/shop`, world.userToken())).status).toBe(200);
  const client = await connect(shop.url, world.userToken());
  expect((await callTool(client, 'call')).json).toEqual({ sub: 'alice' });
  await client.close();
  const { finish } = await callSlowly(shop.url, world.userToken());

  // The attacker has even captured the token that the shop itself calls the receiver with: only the seal is missing.
  const { authorization: serviceToken, 'txn-token': genuineTxn } = receiver.received.at(-1)!;
  const { privateKey } = newKeyPair();
  const forged: Forged = {
    access: await outsider.sign({ aud: MCP, sub: CEO, scope: 'orders:read' }),
    txn: await sealedBy(privateKey, genuineTxn as string, CEO),
    key: { ...(await exportJWK(privateKey)), kid: 'seal-1' },
  };
  const roots = shop.app.get(Intruder, { strict: false }).parts(ATTACKED);
  const loot = await attack(roots, plausibleFor(roots, forged));

  const delegation = shop.app.get(DelegationService, { strict: false });
  const tokens = new Set([forged.txn]);
  for (const [, value] of reachable([loot, made])) {
    if (typeof value === 'string' && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value)) tokens.add(value);
    if (value instanceof ExecutionIdentityEnvelope)
      await delegation
        .for(
          value,
          'orders_api',
        )('/seen')
        .catch(() => undefined);
  }
  for (const token of tokens) {
    for (const authorization of [serviceToken!, `Bearer ${token}`])
      await fetch(`${receiver.url}/seen`, { headers: { authorization, 'txn-token': token } });
  }
  await finish();
  return loot;
}

/** The claims of a genuine Txn-Token for somebody else. */
function sealedBy(key: Parameters<SignJWT['sign']>[0], genuine: string, sub: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ ...claimsOf(genuine), sub, iat: now, exp: now + 60 })
    .setProtectedHeader({ typ: 'txntoken+jwt', alg: 'ES256', kid: 'seal-1' })
    .sign(key);
}

/** A provider as it must not be: whoever calls it gets a seal for whomever he names. */
function leakyModule(): Type {
  @Injectable()
  class Notary {
    async seal(identity: { actor: { sub: string } }): Promise<string> {
      const key = await importJWK(world.sealing.keys[0]!, 'ES256');
      return sealedBy(key, receiver.received.at(-1)!['txn-token'] as string, identity.actor.sub);
    }
  }
  @Module({ providers: [Notary] })
  class LeakyModule {}
  return LeakyModule;
}

describe('a module of the application that wants to act as somebody else', () => {
  afterEach(end);

  it('calls all that it can reach, with all that it can get, and no receiver believes it', async () => {
    await start();
    const loot = await attackTheShop();
    expect(loot.length).toBeGreaterThan(1_000);
    expect(new Set(loot.map(({ from }) => from.split('.')[0])).size).toBeGreaterThan(25);
    expect(new Set(believed)).toEqual(new Set(['alice']));
  });

  it('cannot use the envelope of another application of the process, whose issuer it chooses', async () => {
    await start();
    const { issuer } = outsider.issuerOptions;
    const own = await startApp(world, {
      controllers: [Shop],
      options: { issuers: [outsider.issuerOptions], targets: { orders_api: target(issuer) } },
    });
    const { envelope, finish } = await callSlowly(
      own.url,
      await outsider.sign({ aud: MCP, sub: CEO, scope: 'orders:read' }),
    );
    expect(envelope.actor.sub).toBe(CEO);
    const delegation = shop.app.get(DelegationService, { strict: false });
    await expect(delegation.for(envelope, 'orders_api')('/seen')).rejects.toMatchObject({ code: 'identity_forged' });
    expect(shop.auditLog.last('delegation.refused')).toMatchObject({ reason: 'identity_forged', actor_sub: null });
    await finish();
    await own.close();
    expect(believed).toEqual([]);
  });

  it('is believed where a provider seals what it is given: the same attack finds it', async () => {
    await start([leakyModule()]);
    await attackTheShop();
    expect(believed).toContain(CEO);
  });
});
