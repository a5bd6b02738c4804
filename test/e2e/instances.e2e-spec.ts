import { Controller, Get, Post, type Type } from '@nestjs/common';
import {
  ApprovalStore,
  Authenticated,
  type EieOptions,
  EncryptedRequestStateStore,
  type IssuerOptions,
  MemoryApprovalStore,
  MemoryReplayStore,
  MemoryRevocationStore,
  Posture,
  ReplayStore,
  RequireApproval,
  RevocationStore,
} from 'nestjs-eie';
import { exportJWK, type JWK } from 'jose';
import { newKeyPair } from '../../src/authorization-server/key-pair.js';
import { EieMcpModule, type EieMcpOptions, Tool, ToolController } from 'nestjs-eie/mcp';
import { type AppSetup, startApp, type TestApp } from '../support/app.js';
import { OpenTokenStore } from '../support/open-token-store.js';
import { message, send } from '../support/mcp-messages.js';
import { type ReceiverApp, startReceiver, trust } from '../support/receiver-app.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

const ISSUER = 'https://as.shop.test';
const issuerOptions = (): IssuerOptions => ({
  issuer: ISSUER,
  jwksUri: `${ISSUER}/jwks`,
  algorithms: ['ES256'],
  actorType: { user: { claim: 'sub_profile', values: ['user'] } },
});

/** As a database is: what it keeps is not in the process. */
class SharedReplayStore extends ReplayStore {
  readonly #far = new MemoryReplayStore(100);
  take = (...args: Parameters<ReplayStore['take']>) => this.#far.take(...args);
}
class SharedRevocationStore extends RevocationStore {
  readonly #far = new MemoryRevocationStore();
  add = (...args: Parameters<RevocationStore['add']>) => this.#far.add(...args);
  isRevoked = (...args: Parameters<RevocationStore['isRevoked']>) => this.#far.isRevoked(...args);
  subscribe = (...args: Parameters<RevocationStore['subscribe']>) => this.#far.subscribe(...args);
}
class SharedApprovalStore extends ApprovalStore {
  readonly #far = new MemoryApprovalStore();
  request = (...args: Parameters<ApprovalStore['request']>) => this.#far.request(...args);
  find = (...args: Parameters<ApprovalStore['find']>) => this.#far.find(...args);
  pending = (...args: Parameters<ApprovalStore['pending']>) => this.#far.pending(...args);
  decide = (...args: Parameters<ApprovalStore['decide']>) => this.#far.decide(...args);
  consume = (...args: Parameters<ApprovalStore['consume']>) => this.#far.consume(...args);
}
const shared = () => ({
  replay: new SharedReplayStore(),
  revocation: new SharedRevocationStore(),
  approvals: new SharedApprovalStore(),
  requestState: new EncryptedRequestStateStore('one secret of all the instances '),
});
type Ports = NonNullable<EieOptions['ports']>;
const many = (all: Ports = {}): Ports => ({ ...all, instances: 'many' });
/** Without one of them, or with another in its place. */
const ports = (name?: keyof ReturnType<typeof shared>, other?: Partial<Ports>): Ports => {
  const all: Partial<Ports> = shared();
  if (name) delete all[name];
  return { ...all, ...other };
};

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'refund' })
  @RequireApproval({ reason: 'Money leaves the shop.' })
  refund() {}
}

@ToolController()
@Authenticated()
class PlainTools {
  @Tool({ name: 'status' })
  status() {}
}

describe('a server of several instances', () => {
  let app: TestApp | undefined;
  let key: JWK;
  beforeAll(async () => void (key = { ...(await exportJWK(newKeyPair().privateKey)), kid: '1' }));
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });
  const start = async (options: Partial<EieOptions>, mcp: Partial<EieMcpOptions> = {}, changes: AppSetup = {}) =>
    (app = await startApp(
      { issuerOptions },
      {
        providers: [Tools],
        imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', ...mcp })],
        ...changes,
        options: { signing: { keys: [key] }, ...options },
      },
    ));

  it('starts where all of its state is shared', async () => {
    await start({ ports: many(ports()) }, { sessions: 'sticky' });
    expect(app!.app.get(Posture).document.instances).toEqual({ declared: 'many', ownState: [] });
  });

  it.each<[what: string, options: Partial<EieOptions>, mcp: Partial<EieMcpOptions>, message: RegExp]>([
    ['what may be used once is remembered', { ports: ports('replay') }, {}, /taken once by each instance/],
    [
      'what may be used once is remembered, by a store that is named,',
      { ports: ports('replay', { replay: new MemoryReplayStore(9) }) },
      {},
      /taken once by each instance/,
    ],
    ['the revoked are known', { ports: ports('revocation') }, {}, /goes on at the others.*ports\.revocation/],
    ['approvals are known', { ports: ports('approvals') }, {}, /an approval is known only.*ports\.approvals/],
    ['the state of a call can be read', { ports: ports('requestState') }, {}, /the next round.*one secret for all/],
    [
      'the state of a call can be read, for want of a secret,',
      { ports: ports('requestState', { requestState: new EncryptedRequestStateStore() }) },
      {},
      /the next round/,
    ],
    [
      'DPoP nonces are known',
      { ports: ports(), authorization: { proofOfPossession: { nonces: true } } },
      {},
      /refuses the DPoP nonces of the others/,
    ],
    ['the key of envelopes is', { ports: ports(), signing: 'ephemeral' }, {}, /seals with a key of its own/],
    ['sessions live', { ports: ports() }, { sessions: true }, /mcp-session-id.*sessions: "sticky"/],
  ])('does not start where %s in one process alone', async (_what, options, mcp, message) => {
    const started = start({ ...options, ports: many(options.ports) }, mcp);
    await expect(started).rejects.toThrow(message);
    await expect(started).rejects.toThrow(
      /^The application cannot start:\n {2}- ports\.instances is "many", and [^\n]+\.$/,
    );
    // By default it starts: there is one instance.
    await start(options, mcp);
  });

  it('needs no store of approvals where no tool is approved, and no state of rounds without MCP', async () => {
    const { replay, revocation, requestState } = shared();
    await start({ ports: many({ replay, revocation, requestState }) }, {}, { providers: [PlainTools] });
    await app!.close();
    await start({ ports: many({ replay, revocation }) }, {}, { imports: [], providers: [] });
  });

  it('may share delegated tokens or not, and shows which store it has and none of its secrets', async () => {
    const secrets = ['the secret that seals tokens'.padEnd(32, '.')];
    await start({ ports: many({ ...ports(), delegatedTokens: { store: new OpenTokenStore(), secrets } }) });
    const { document } = app!.app.get(Posture);
    expect(document.ports).toMatchObject({ delegatedTokens: 'OpenTokenStore' });
    expect(document.instances).toEqual({ declared: 'many', ownState: [] });
    expect(JSON.stringify(document)).not.toContain(secrets[0]);
  });

  it.each<[what: string, delegatedTokens: object, message: RegExp]>([
    ['no secret', { store: new OpenTokenStore(), secrets: [] }, /secrets must be a list of one to four secrets/],
    ['a short secret', { store: new OpenTokenStore(), secrets: ['x'.repeat(32), 'short'] }, /at least 32 characters/],
    ['five secrets', { store: new OpenTokenStore(), secrets: Array(5).fill('x'.repeat(32)) }, /one to four secrets/],
    ['a secret alone', { store: new OpenTokenStore(), secrets: 'x'.repeat(32) }, /must be a list/],
    ['a secret that is bytes', { store: new OpenTokenStore(), secrets: [Buffer.alloc(32)] }, /must be a list/],
    ['no store', { secrets: ['x'.repeat(32)] }, /store must be .* extends DelegatedTokenStore/],
    ['a map for a store', { store: new Map(), secrets: ['x'.repeat(32)] }, /extends DelegatedTokenStore/],
    ['something else', { store: new OpenTokenStore(), secrets: ['x'.repeat(32)], ttl: 9 }, /ttl is not an option/],
  ])('shares no delegated tokens by options with %s', async (_what, delegatedTokens, message) => {
    await expect(start({ ports: { delegatedTokens: delegatedTokens as never } })).rejects.toThrow(message);
  });

  describe('of which nobody says how many there are', () => {
    const { NODE_ENV } = process.env;
    const NAMES = ['NODE_APP_INSTANCE', 'KUBERNETES_SERVICE_HOST'];
    afterEach(() => {
      process.env.NODE_ENV = NODE_ENV;
      for (const name of NAMES) delete process.env[name];
    });
    const warnings = async (options: Partial<EieOptions>): Promise<string[]> => {
      const told: string[] = [];
      const diagnostics = {
        report: ({ level, message }: { level: string; message: string }) =>
          // Other tests of the process have tool classes of their own.
          void (level === 'warn' && !message.includes('@ToolController()') && told.push(message)),
      };
      await start({ ...options, ports: { ...options.ports, diagnostics } });
      return told;
    };

    it.each(NAMES)('says in production what they would not share, where %s is set', async name => {
      process.env.NODE_ENV = 'production';
      expect(await warnings({})).toEqual([]);
      await app!.close();
      process.env[name] = '1';
      const told = await warnings({});
      expect(told).toEqual([
        expect.stringMatching(/may have several instances, and .+; .+Set ports\.instances: "many"/),
      ]);
      await app!.close();
      expect(await warnings({ ports: { instances: 'one' } })).toEqual([]);
      await app!.close();
      expect(await warnings({ ports: shared() })).toEqual([]);
    });
  });
});

describe('a receiver of several instances', () => {
  @Controller('refunds')
  class Refunds {
    @Post()
    @Authenticated()
    @RequireApproval({ reason: 'Money goes back to the customer.' })
    refund() {}
  }
  @Controller('orders')
  class Orders {
    @Get()
    @Authenticated()
    list() {}
  }

  let world: World;
  let orders: ReceiverApp | undefined;
  beforeAll(async () => void (world = await startWorld()));
  afterEach(async () => {
    await orders?.close();
    orders = undefined;
  });
  afterAll(() => world.close());
  const start = async (controller: Type, singleUse: boolean, ports: Ports) =>
    (orders = await startReceiver(world, {
      service: 'orders_api',
      resource: ORDERS,
      controllers: [controller],
      options: { trust: { ...trust(world), singleUse }, ports },
    }));

  it('shares who is revoked and what it takes once, and starts: the approvals of its calls come with them', async () => {
    const { replay, revocation } = shared();
    await start(Refunds, true, many({ replay, revocation }));
    expect(orders!.app.get(Posture).document.instances).toEqual({ declared: 'many', ownState: [] });
  });

  it('needs no store for what it does not take once', async () => {
    await start(Orders, false, many({ revocation: shared().revocation }));
    expect(orders!.app.get(Posture).document.instances.ownState).toEqual([]);
  });

  it.each(['replay', 'revocation'] as const)('does not start where %s is in one process alone', async name => {
    const { replay, revocation } = shared();
    const { [name]: _own, ...rest } = { replay, revocation };
    await expect(start(Refunds, true, many(rest))).rejects.toThrow(
      new RegExp(`^The application cannot start:\\n  - [^\\n]+give ports\\.${name} a store[^\\n]+\\.$`),
    );
  });
});

describe('a session of the 2025 protocol that comes to another instance', () => {
  const ERA = '2025-11-25';
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  it('is refused, and the operator is told once how requests must be routed, and of no session that has just ended', async () => {
    const told: string[] = [];
    const app = await startApp(world, {
      options: { ports: { diagnostics: { report: ({ message }) => void told.push(message) } } },
      providers: [PlainTools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', sessions: true })],
    });
    const initialize = message(ERA, 'initialize', {
      protocolVersion: ERA,
      capabilities: {},
      clientInfo: { name: 'raw', version: '1.0.0' },
    });
    const ask = (session: string) =>
      send(app.url, world.userToken(), ERA, message(ERA, 'tools/list'), { headers: { 'mcp-session-id': session } });
    const own = (await send(app.url, world.userToken(), ERA, initialize)).headers.get('mcp-session-id')!;
    expect(own).toMatch(/^[0-9a-f]{12}\.[0-9a-f-]{36}$/);
    const another = own.replace(/^.{12}/, '0123456789ab');
    const ended = own.replace(/.{4}$/, 'ffff');
    const astray = () => told.filter(one => one.includes('mcp-session-id'));
    expect((await ask(ended)).status).toBe(404);
    expect(astray()).toEqual([]);
    expect((await ask(another)).status).toBe(404);
    expect((await ask(another)).status).toBe(404);
    expect(astray()).toHaveLength(1);
    expect(astray()[0]).not.toContain(another);
    await app.close();
  });
});
