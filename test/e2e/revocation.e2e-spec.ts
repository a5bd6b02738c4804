import { type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Res, Sse } from '@nestjs/common';
import { concat, interval, map, NEVER, of } from 'rxjs';
import { ValidateBy } from 'class-validator';
import { MemoryRevocationStore, RevocationStore } from 'execution-identity';
import { Authenticated, Delegated, type DelegatedFetch, Identity, IdentityRevocation, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { callTool, connect, startMcpApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { ordersTarget } from '../support/orders.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { until } from '../support/until.js';
import { MCP, startWorld, type World } from '../support/world.js';

let resume: () => void;
let waiting: () => void;

let validating: Promise<void>;
let validated: () => void;

class SlowInput {
  @ValidateBy({ name: 'slow', async: true, validator: { validate: async () => (waiting(), await validating, true) } })
  id: string;
}

@ToolController()
class SlowTools {
  @Tool({ name: 'slow_input' })
  @Authenticated()
  slow(@ToolInput() _input: SlowInput) {
    return 'ran';
  }
}

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

  /** It says nothing more for as long as any test runs. */
  @Sse('quiet')
  @Authenticated()
  quiet() {
    return concat(of('first'), NEVER).pipe(map(data => ({ data })));
  }

  /** Begins an answer by itself, with a property at its response that HTTP/2 has, too. */
  @Get('file')
  @Authenticated()
  file(@Res() response: ServerResponse) {
    Object.assign(response, { stream: { closed: true, destroyed: true, close: () => undefined } });
    response.write('first');
  }

  @Get('patient')
  @Authenticated()
  async patient() {
    waiting();
    await new Promise<void>(resolve => (resume = resolve));
    return 'a secret';
  }

  @Get('slow')
  @RequireScopes('orders:read')
  async slow(@Delegated('orders_api') orders: DelegatedFetch) {
    waiting();
    await new Promise<void>(resolve => (resume = resolve));
    return (await orders('/orders')).status;
  }
}

describe('a revoked identity', () => {
  let world: World;
  let api: Loopback;
  let app: TestApp;
  let now: number;

  beforeEach(async () => {
    now = Date.now();
    world = await startWorld();
    api = await startLoopback();
    app = await startMcpApp(world, {
      controllers: [MeController],
      providers: [SlowTools],
      options: { ports: { clock: () => now }, targets: { orders_api: ordersTarget(world, api.url) } },
    });
  });
  afterEach(async () => {
    await app?.close();
    await api?.close();
    await world?.close();
  });

  const token = (changes: Parameters<World['userToken']>[0] = {}) =>
    world.userToken({ issuedAt: Math.floor(now / 1000) - 10, ...changes });
  const get = async (bearer: string, path = '/me') =>
    (await fetch(app.url + path, { headers: { authorization: `Bearer ${bearer}` } })).status;

  it('is refused from the next call on, although its token was verified a moment ago', async () => {
    const bearer = token();
    expect(await get(bearer)).toBe(200);
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
    expect(await get(bearer)).toBe(401);
    expect(app.auditLog.last('admission.refused').reason).toBe('identity_revoked');
    expect(app.auditLog.last('identity.revoked')).toMatchObject({
      actor_issuer: world.issuer,
      actor_sub: 'alice',
      outcome: 'ok',
    });
  });

  it('is refused although its issuer is some seconds ahead, when it was seen before', async () => {
    const [seen, later] = [20, 21].map(ahead => token({ issuedAt: Math.floor(now / 1000) + ahead }));
    expect(await get(seen!)).toBe(200);
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
    expect(await get(seen!)).toBe(401);
    expect(await get(later!)).toBe(200);
  });

  it.each<[string, (issuer: string) => Parameters<IdentityRevocation['purge']>[0], boolean]>([
    ['another user', issuer => ({ issuer, sub: 'bob' }), false],
    ['another tenant', issuer => ({ issuer, tenant: 'globex' }), false],
    ['this tenant', issuer => ({ issuer, tenant: 'acme' }), true],
    ['this client', issuer => ({ issuer, client_id: 'desk-copilot' }), true],
    ['this user through another client', issuer => ({ issuer, sub: 'alice', client_id: 'assistant' }), false],
    ['the whole issuer', issuer => ({ issuer }), true],
  ])('is exactly whom the revocation names: %s', async (_whom, revoked, ends) => {
    await app.app.get(IdentityRevocation).purge(revoked(world.issuer));
    expect(await get(token())).toBe(ends ? 401 : 200);
  });

  it.each<[string, (issuer: string) => object]>([
    ['an issuer that is not configured', () => ({ issuer: 'https://other.test', sub: 'alice' })],
    ['another spelling of the issuer', issuer => ({ issuer: `${issuer}/`, sub: 'alice' })],
    ['no issuer', () => ({ sub: 'alice' })],
    ['a user who is undefined', issuer => ({ issuer, sub: undefined })],
    ['an empty session', issuer => ({ issuer, sub: 'alice', sid: '' })],
    ['an agent without an id', issuer => ({ issuer, agent: { issuer } })],
    ['an agent who is undefined', issuer => ({ issuer, agent: undefined })],
    ['an agent who is null', issuer => ({ issuer, agent: null })],
    ['a user who is no text', issuer => ({ issuer, sub: 17 })],
    ['a client in a member of another name', issuer => ({ issuer, clientId: 'another-client' })],
    [
      'an agent with more than a name',
      issuer => ({ issuer, agent: { issuer, id: 'agent-desk-copilot', tenant: 'x' } }),
    ],
  ])('is nobody where the revocation names %s: it is refused, and nothing is recorded', async (_what, revoked) => {
    const purged = app.app.get(IdentityRevocation).purge(revoked(world.issuer) as never);
    await expect(purged).rejects.toMatchObject({ code: 'revocation_invalid' });
    expect(await get(token())).toBe(200);
    expect(app.auditLog.types()).not.toContain('identity.revoked');
  });

  it('may sign in again', async () => {
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
    expect(await get(token())).toBe(401);
    now += 5_000;
    expect(await get(token({ issuedAt: Math.floor(now / 1000) }))).toBe(200);
  });

  it('gets no answer of a call that began before: it is withheld', async () => {
    const started = new Promise<void>(resolve => (waiting = resolve));
    const answer = get(token(), '/me/patient');
    await started;
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
    resume();
    expect(await answer).toBe(401);
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'identity_revoked' });
  });

  it('can delegate no more in a call that is still running', async () => {
    const started = new Promise<void>(resolve => (waiting = resolve));
    const answer = get(token(), '/me/slow');
    await started;
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
    resume();
    expect(await answer).toBe(401);
    expect(api.requests).toHaveLength(0);
    expect(app.auditLog.last('delegation.refused').reason).toBe('identity_revoked');
  });

  it('is revoked even when the audit log cannot be written, and the caller is told so', async () => {
    app.auditLog.broken = true;
    await expect(app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' })).rejects.toMatchObject({
      code: 'audit_unavailable',
    });
    app.auditLog.broken = false;
    expect(await get(token())).toBe(401);
  });

  it('starts no tool that was called before it and is validated after it', async () => {
    validating = new Promise<void>(resolve => (validated = resolve));
    const client = await connect(app.url, token());
    const asked = new Promise<void>(resolve => (waiting = resolve));
    const answer = callTool(client, 'slow_input', { id: 'x' });
    await asked;
    now += 2_000;
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
    now += 2_000;
    await expect(answer).rejects.toThrow('revoked');
    validated();
    await until(() => app.auditLog.types().includes('authorization.refused'));
    expect(app.auditLog.last('authorization.refused')).toMatchObject({
      reason: 'identity_revoked',
      actor_sub: 'alice',
      handler: 'slow_input',
    });
    expect(app.auditLog.types()).not.toContain('execution.intent');
    await client.close();
  });

  it('starts no tool whose token expires while its input is validated, though nobody revoked it', async () => {
    validating = new Promise<void>(resolve => (validated = resolve));
    const client = await connect(app.url, token({ expiresIn: 60 }));
    const asked = new Promise<void>(resolve => (waiting = resolve));
    const answer = callTool(client, 'slow_input', { id: 'x' });
    await asked;
    now += 60_000;
    validated();
    expect(await answer).toMatchObject({ isError: true, code: 'identity_expired' });
    expect(app.auditLog.last('authorization.refused')).toMatchObject({
      reason: 'identity_expired',
      actor_sub: 'alice',
      handler: 'slow_input',
    });
    expect(app.auditLog.types()).not.toContain('execution.intent');
    await client.close();
  });

  it('is refused at a route that dispatches, on the audit log too, when it is revoked during its admission', async () => {
    const store = app.app.get(RevocationStore);
    const isRevoked = store.isRevoked.bind(store);
    let asked = 0;
    store.isRevoked = async (...identity) => ++asked > 1 || isRevoked(...identity);
    const answer = await send(app.url, token(), '2025-11-25', message('2025-11-25', 'tools/list'));
    expect(answer.status).toBe(401);
    expect(app.auditLog.decisions).toEqual([
      expect.objectContaining({
        type: 'admission.refused',
        reason: 'identity_revoked',
        actor_sub: 'alice',
        handler: null,
      }),
    ]);
  });

  it('is named by everything that the revocation names', async () => {
    await app.app
      .get(IdentityRevocation)
      .purge({ issuer: world.issuer, tenant: 'acme', client_id: 'desk', sid: 's-7' });
    expect(app.auditLog.last('identity.revoked')).toMatchObject({
      service: MCP,
      actor_issuer: world.issuer,
      actor_sub: null,
      tenant: 'acme',
      client_id: 'desk',
      session_id: 's-7',
    });
  });

  it('is watched for only while a response is open', async () => {
    const revocation = app.app.get(IdentityRevocation);
    const watch = revocation.whileOpen.bind(revocation);
    let [watched, open] = [0, 0];
    revocation.whileOpen = (...args) => {
      const stop = watch(...args);
      watched++;
      open++;
      return () => (open--, stop());
    };
    for (let i = 0; i < 3; i++) expect(await get(token())).toBe(200);
    for (let turns = 0; turns < 300 && open; turns++) await sleep(10);
    expect([watched, open]).toEqual([3, 0]);
  });

  it("ends the stream that it has open, and nobody else's", async () => {
    const open = (bearer: string) => fetch(`${app.url}/me/stream`, { headers: { authorization: `Bearer ${bearer}` } });
    const [alice, bob] = await Promise.all([open(token()), open(token({ sub: 'bob' }))]);
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
    await expect(alice.text()).rejects.toThrow();
    const reader = bob.body!.getReader();
    expect((await reader.read()).done).toBe(false);
    await reader.cancel();
  });

  it('ends an answer whose handler has put a stream of its own at the response', async () => {
    const answer = await fetch(`${app.url}/me/file`, { headers: { authorization: `Bearer ${token()}` } });
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
    await expect(answer.text()).rejects.toThrow();
  });

  it('is the reason on the audit log for the stream that it ends, which a client that goes away is not', async () => {
    const open = async (sub: string) => {
      const leaving = new AbortController();
      const headers = { authorization: `Bearer ${token({ sub })}` };
      const stream = await fetch(`${app.url}/me/quiet`, { headers, signal: leaving.signal });
      await stream.body!.getReader().read();
      return leaving;
    };
    const [, bob] = await Promise.all([open('alice'), open('bob')]);
    await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'alice' });
    bob.abort();
    const outcomes = () => app.auditLog.events.filter(({ type }) => type === 'execution.outcome');
    await until(() => outcomes().length === 2);
    expect(Object.fromEntries(outcomes().map(({ actor_sub, reason }) => [actor_sub, reason]))).toEqual({
      alice: 'identity_revoked',
      bob: 'aborted',
    });
  });
});

describe('a store of revocations', () => {
  it.each<[what: string, capacity: unknown, longestToken: unknown]>([
    ['for tokens of no known lifetime, which would revoke nothing', 10, NaN],
    ['for tokens that live for no time', 10, 0],
    ['without a bound', NaN, 3600],
  ])('is not made %s', (_what, capacity, longestToken) => {
    expect(() => new MemoryRevocationStore(capacity as number, longestToken as number)).toThrow(
      'needs a capacity that is a whole number, and a longestToken of more than 0 seconds',
    );
  });
});
