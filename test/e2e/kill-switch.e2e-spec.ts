import { Controller, Get, Param, Post, Sse } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { interval, map } from 'rxjs';
import {
  ApprovalService,
  Authenticated,
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
  IdentityRevocation,
  MemoryApprovalStore,
  MemoryRevocationStore,
  type PendingApproval,
  RequireApproval,
  RequireScopes,
  type RevocableIdentity,
  RevocationStore,
  type RevokedIdentity,
} from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { startMcpApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { message, send } from '../support/mcp-messages.js';
import { OrdersController, ordersTarget } from '../support/orders.js';
import { startReceiver, type ReceiverApp } from '../support/receiver-app.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

/** The connection of one process to what all of them share. It answers later, as a database does. */
class Connection extends RevocationStore {
  constructor(private readonly shared: MemoryRevocationStore) {
    super();
  }

  override add(revoked: RevokedIdentity, now: number): Promise<void> {
    return this.shared.add(revoked, now);
  }

  override async isRevoked(identity: RevocableIdentity, now: number): Promise<boolean> {
    await new Promise(setImmediate);
    return this.shared.isRevoked(identity, now);
  }

  override subscribe(listener: (revoked: RevokedIdentity) => void): Promise<() => Promise<void>> {
    return this.shared.subscribe(revoked => void setImmediate(listener, revoked));
  }
}

/** The connection of a process whose clock the others do not know yet. */
class NewConnection extends Connection {
  override isRevoked(identity: RevocableIdentity): Promise<boolean> {
    return super.isRevoked(identity, 0);
  }
}

let ran: string[] = [];
let started: () => void;
let resume: Promise<void>;
let seal: (identity: ExecutionIdentityEnvelope) => void;

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }

  @Sse('stream')
  @Authenticated()
  stream() {
    return interval(20).pipe(map(data => ({ data })));
  }

  @Get('orders')
  @RequireScopes('orders:read')
  async orders(@Delegated('orders_api') orders: DelegatedFetch, @Identity() identity: ExecutionIdentityEnvelope) {
    started();
    await resume;
    seal(identity);
    return (await orders('/api/orders')).json();
  }
}

@ToolController()
@RequireScopes('orders:write')
class Tools {
  @Tool({ name: 'pay' })
  @RequireApproval({ reason: 'Money leaves the shop.', by: 'self' })
  pay() {
    ran.push('paid');
    return 'paid';
  }

  @Tool({ name: 'transfer' })
  @RequireApproval({ reason: 'Money goes to another account.', by: 'another' })
  transfer() {
    ran.push('transferred');
    return 'transferred';
  }

  @Tool({ name: 'gift' })
  @RequireApproval({ reason: 'A gift.' })
  gift() {
    ran.push('given');
    return 'given';
  }
}

@Controller('approvals')
@RequireScopes('orders:read')
class ApprovalsController {
  constructor(private readonly approvals: ApprovalService) {}

  @Get()
  pending(@Identity() approver: ExecutionIdentityEnvelope): Promise<PendingApproval[]> {
    return this.approvals.pending(approver);
  }

  @Post(':id')
  approve(@Identity() approver: ExecutionIdentityEnvelope, @Param('id') id: string): Promise<void> {
    return this.approvals.approve(approver, id);
  }
}

const ERA = '2026-07-28';

describe('whoever is purged in one process', () => {
  let world: World;
  let api: Loopback;
  let one: TestApp;
  let other: TestApp;
  let orders: ReceiverApp;
  let shared: MemoryRevocationStore;
  let now: number;

  beforeEach(async () => {
    now = Date.now();
    ran = [];
    started = () => undefined;
    resume = Promise.resolve();
    seal = () => undefined;
    world = await startWorld();
    shared = new MemoryRevocationStore();
    const approvals = new MemoryApprovalStore();
    const clock = () => now;
    api = await startLoopback();
    orders = await startReceiver(world, {
      service: 'orders_api',
      resource: ORDERS,
      controllers: [OrdersController],
      options: { ports: { clock, revocation: new Connection(shared) } },
    });
    const start = (baseUrl: string) =>
      startMcpApp(world, {
        controllers: [MeController, ApprovalsController],
        providers: [Tools],
        options: {
          ports: { clock, approvals, revocation: new Connection(shared) },
          signing: { keys: world.sealing.keys },
          targets: { orders_api: ordersTarget(world, baseUrl) },
        },
      });
    [one, other] = await Promise.all([start(api.url), start(orders.url)]);
  });
  afterEach(async () => {
    await Promise.all([one?.close(), other?.close(), orders?.close(), api?.close()]);
    await world?.close();
  });

  const token = (changes: Parameters<World['userToken']>[0] = {}) =>
    world.userToken({ scope: 'orders:read orders:write', issuedAt: Math.floor(now / 1000) - 10, ...changes });
  /** Through another client than the one that asks for approvals. */
  const phone = () => token({ clientId: 'assistant' });
  const get = (at: { url: string }, bearer: string, path = '/me', method = 'GET') =>
    fetch(at.url + path, { method, headers: { authorization: `Bearer ${bearer}` } });
  const purge = (revoked: object = {}) =>
    one.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice', ...revoked });
  const call = async (at: TestApp, name: string, round = {}) => {
    const body = message(ERA, 'tools/call', { name, arguments: {}, ...round }, 1, { elicitation: {} });
    return (await send(at.url, token(), ERA, body)).messages[0];
  };
  const asked = async (at: TestApp): Promise<{ code?: string; approval_id?: string }> =>
    (await call(at, 'pay')).result.structuredContent ?? {};
  /** The user signs in again. */
  const later = () => (now += 60_000);

  it('is refused in the other from the next call on, although its token was verified there a moment ago', async () => {
    const bearer = token();
    expect((await get(other, bearer)).status).toBe(200);
    await purge();
    expect((await get(other, bearer)).status).toBe(401);
    expect(other.auditLog.last('admission.refused').reason).toBe('identity_revoked');
    later();
    expect((await get(other, token())).status).toBe(200);
  });

  it('has the streams ended that it has open in the other', async () => {
    const stream = await get(other, token(), '/me/stream');
    await purge();
    await expect(stream.text()).rejects.toThrow();
  });

  it('can delegate no more in a call that runs in the other', async () => {
    const running = new Promise<void>(resolve => (started = resolve));
    let go = (): void => undefined;
    resume = new Promise<void>(resolve => (go = resolve));
    const answer = get(other, token(), '/me/orders');
    await running;
    await purge();
    go();
    expect((await answer).status).toBe(401);
    expect(orders.received).toEqual([]);
    expect(other.auditLog.last('delegation.refused').reason).toBe('identity_revoked');
  });

  it('can delegate no more in a call that runs in another whose clock is ahead, and seal no job', async () => {
    const running = new Promise<void>(resolve => (started = resolve));
    let go = (): void => undefined;
    resume = new Promise<void>(resolve => (go = resolve));
    let sealed: Promise<unknown> | undefined;
    seal = identity => {
      const job = { id: '1', name: 'send', data: 1 };
      sealed = identity.forJob({ queue: 'orders', scopes: [] }, job).catch((error: { code?: string }) => error.code);
    };
    const ahead = await startMcpApp(world, {
      controllers: [MeController],
      options: {
        ports: { clock: () => now + 20_000, revocation: new NewConnection(shared) },
        signing: { keys: world.sealing.keys },
        targets: { orders_api: ordersTarget(world, api.url) },
      },
    });
    try {
      const answer = get(ahead, token(), '/me/orders');
      await running;
      await purge();
      go();
      expect((await answer).status).toBe(401);
      expect(api.requests).toEqual([]);
      expect(ahead.auditLog.last('delegation.refused')).toMatchObject({
        reason: 'identity_revoked',
        actor_sub: 'alice',
      });
      expect(await sealed).toBe('identity_revoked');
    } finally {
      await ahead.close();
    }
  });

  it('can delegate in a new login, although the clock of the issuer is ahead', async () => {
    const login = (seconds: number) => token({ issuedAt: Math.floor(now / 1000) + seconds });
    expect((await get(one, login(20))).status).toBe(200);
    await purge();
    expect((await get(one, login(20))).status).toBe(401);
    expect((await get(one, login(25), '/me/orders')).status).toBe(200);
    expect(api.requests).toHaveLength(1);
  });

  it('is refused by a receiver that shares the store, with what was sealed before', async () => {
    expect((await get(other, token(), '/me/orders')).status).toBe(200);
    const { authorization, 'txn-token': sealed } = orders.received[0]!;
    const replay = () =>
      fetch(`${orders.url}/api/orders`, { headers: { authorization: authorization!, 'txn-token': String(sealed) } });
    expect((await replay()).status).toBe(200);
    await purge();
    expect((await replay()).status).toBe(401);
    expect(orders.auditLog.last('admission.refused').reason).toBe('identity_revoked');
  });

  it('finds no approval that was asked for before: nobody can give it, and a new login is asked anew', async () => {
    const before = await asked(other);
    expect(before.code).toBe('approval_required');
    expect(await (await get(other, phone(), '/approvals')).json()).toHaveLength(1);
    await purge();
    later();
    expect(await (await get(other, phone(), '/approvals')).json()).toEqual([]);
    expect((await get(other, phone(), `/approvals/${before.approval_id}`, 'POST')).status).toBe(404);
    const after = await asked(other);
    expect(after).toMatchObject({
      code: 'approval_required',
      approval_id: expect.not.stringMatching(before.approval_id!),
    });
    expect((await get(one, phone(), `/approvals/${after.approval_id}`, 'POST')).status).toBe(201);
    expect((await call(other, 'pay')).result.content[0].text).toBe('paid');
    expect(ran).toEqual(['paid']);
  });

  it('runs no call of a new login on an approval that was given before', async () => {
    const before = await asked(other);
    expect((await get(other, phone(), `/approvals/${before.approval_id}`, 'POST')).status).toBe(201);
    await purge();
    later();
    const after = await asked(other);
    expect(after).toMatchObject({
      code: 'approval_required',
      approval_id: expect.not.stringMatching(before.approval_id!),
    });
    expect(ran).toEqual([]);
  });

  it('runs no call of a new login with the question that its client was asked before', async () => {
    const { result } = await call(other, 'gift');
    await purge();
    later();
    const yes = { approve: { action: 'accept', content: { approve: true } } };
    const answer = await call(other, 'gift', { requestState: result.requestState, inputResponses: yes });
    expect(answer.result.structuredContent?.code).toBe('approval_unknown');
    expect(ran).toEqual([]);
  });

  it('has approved nothing for others: what it has decided before counts no more', async () => {
    const approver = () => token({ sub: 'user-0', clientId: 'assistant' });
    const approved = async () => {
      const { result } = await call(other, 'transfer');
      const path = `/approvals/${result.structuredContent.approval_id}`;
      expect((await get(other, approver(), path, 'POST')).status).toBe(201);
    };
    await approved();
    expect((await call(other, 'transfer')).result.content[0].text).toBe('transferred');
    await approved();
    await purge({ sub: 'user-0' });
    later();
    expect((await call(other, 'transfer')).result.structuredContent.code).toBe('approval_required');
    expect(ran).toEqual(['transferred']);
  });

  it.each<[string, (sid: string) => object, boolean]>([
    ['its session alone', sid => ({ sub: 'alice', sid }), true],
    ['another session of it', () => ({ sub: 'alice', sid: 'another' }), false],
    ['another user', () => ({ sub: 'bob' }), false],
    ['its tenant', () => ({ sub: 'alice', tenant: 'acme' }), true],
    ['its agent', () => ({ sub: 'alice', agent: { issuer: world.issuer, id: 'agent-desk-copilot' } }), true],
    ['another client of it', () => ({ sub: 'alice', client_id: 'assistant' }), false],
  ])('finds its approvals void by exactly what is named: %s', async (_what, named, isVoid) => {
    const bearer = token();
    const body = message(ERA, 'tools/call', { name: 'pay', arguments: {} }, 1);
    const { approval_id: id } = (await send(other.url, bearer, ERA, body)).messages[0].result.structuredContent;
    expect((await get(other, phone(), `/approvals/${id}`, 'POST')).status).toBe(201);
    await purge(named(String(decodeJwt(bearer).sid)));
    later();
    await call(other, 'pay');
    expect(ran).toEqual(isVoid ? [] : ['paid']);
  });
});
