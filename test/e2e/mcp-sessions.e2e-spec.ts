import { Authenticated, Identity, IdentityRevocation, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { startLyingIssuer } from '../support/lying-issuer.js';
import { message, send } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { MCP, startWorld, type World } from '../support/world.js';

const ERA = '2025-11-25';
const INITIALIZE = message(ERA, 'initialize', {
  protocolVersion: ERA,
  capabilities: {},
  clientInfo: { name: 'raw', version: '1.0.0' },
});
const LIST = message(ERA, 'tools/list');
const call = (name: string) => message(ERA, 'tools/call', { name, arguments: {} });

let ran: string[];
let goOn: () => void;

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'whoami' })
  whoami(@Identity('actor.sub') sub: string) {
    ran.push(sub);
    return sub;
  }

  @Tool({ name: 'wait' })
  @RequireScopes('ledger:read')
  async wait() {
    ran.push('waits');
    await new Promise<void>(resolve => (goOn = resolve));
    return 'waited';
  }

  @Tool({ name: 'write' })
  @RequireScopes('orders:write')
  write(@Identity('actor.sub') sub: string) {
    ran.push(`${sub} wrote`);
  }
}

const start = (
  world: World,
  adapter: (typeof ADAPTERS)[number],
  sessions?: boolean,
  issuers = [world.issuerOptions()],
) =>
  startApp(world, {
    adapter,
    options: { issuers },
    providers: [Tools],
    imports: [
      EieMcpModule.register({
        path: 'mcp',
        name: 'shop',
        version: '1.0.0',
        ...(sessions !== undefined && { sessions }),
      }),
    ],
  });

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let app: TestApp;
  let id: string;

  beforeAll(async () => {
    world = await startWorld();
    app = await start(world, adapter, true);
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(async () => {
    id = (await send(app.url, world.userToken(), ERA, INITIALIZE)).headers.get('mcp-session-id')!;
    ran = [];
    app.auditLog.events.length = 0;
  });

  const inSession = (body: typeof LIST, by: Parameters<World['userToken']>[0] = {}, headers = {}) =>
    send(app.url, world.userToken(by), ERA, body, { headers: { 'mcp-session-id': id, ...headers } });

  describe('a session', () => {
    it('belongs to the principal that opened it, who may come with another token', async () => {
      const { status, messages } = await inSession(call('whoami'));
      expect(status).toBe(200);
      expect(messages[0].result.content[0].text).toBe('alice');
      expect(app.auditLog.types()).toEqual(['execution.intent', 'execution.outcome']);
    });

    it.each<[who: string, by: Parameters<World['userToken']>[0]]>([
      ['another user', { sub: 'bob' }],
      ['another user of the same tenant', { sub: 'user-0' }],
      ['the same user through another client', { clientId: 'assistant' }],
      ['the same name in another tenant', { claims: { tenant: 'globex' } }],
    ])('is unknown to %s, who learns no more than of an invented one', async (_who, by) => {
      const invented = await send(app.url, world.userToken(by), ERA, call('whoami'), {
        headers: { 'mcp-session-id': '5d0b7a3e-6c0e-4a55-9d0c-8f1f1c3f0f10' },
      });
      const refused = await inSession(call('whoami'), by);
      expect([refused.status, refused.body]).toEqual([404, invented.body]);
      expect(invented.status).toBe(404);
      expect(ran).toEqual([]);
      expect(app.auditLog.events.map(({ type, reason, actor_sub }) => [type, reason, actor_sub])).toEqual([
        ['mcp.refused', 'session_unknown', by?.sub ?? 'alice'],
        ['mcp.refused', 'session_foreign', by?.sub ?? 'alice'],
      ]);
    });

    it('is unknown to whoever has the same name at another issuer', async () => {
      const elsewhere = await startLyingIssuer();
      const both = await start(world, adapter, true, [
        world.issuerOptions({ agents: {} }),
        { ...elsewhere.issuerOptions, tenants: ['acme'] },
      ]);
      const opened = await send(both.url, world.userToken(), ERA, INITIALIZE);
      const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id')! };
      const namesake = await elsewhere.sign({ aud: MCP, scope: 'orders:read', tenant: 'acme' });
      expect((await send(both.url, world.userToken(), ERA, LIST, { headers })).status).toBe(200);
      expect((await send(both.url, namesake, ERA, LIST)).status).toBe(200);
      expect((await send(both.url, namesake, ERA, LIST, { headers })).status).toBe(404);
      await both.close();
      await elsewhere.close();
    });

    it.each(['GET', 'DELETE'])('is unknown to another user who sends %s, and goes on', async method => {
      const headers = {
        authorization: `Bearer ${world.userToken({ sub: 'bob' })}`,
        accept: 'text/event-stream',
        'mcp-session-id': id,
        'mcp-protocol-version': ERA,
      };
      expect((await fetch(`${app.url}/mcp`, { method, headers })).status).toBe(404);
      expect((await inSession(LIST)).status).toBe(200);
    });

    it('answers no request under an id that waits for the answer of another one', async () => {
      const waiting = inSession(call('wait'), { scope: 'ledger:read' });
      await until(() => ran.includes('waits'));
      const second = await inSession(call('whoami'));
      goOn();
      expect([second.status, ran]).toEqual([400, ['waits']]);
      expect(second.messages[0].error).toEqual({
        code: -32_600,
        message: 'Invalid Request: a request with this id has no answer yet',
      });
      expect(app.auditLog.last('mcp.refused')).toMatchObject({ reason: 'jsonrpc_-32600', actor_sub: 'alice' });
      expect((await waiting).messages[0].result.content[0].text).toBe('waited');
    });

    it('lets a call that lacked a scope come again under its id', async () => {
      expect((await inSession(call('write'), { scope: 'orders:read' })).status).toBe(403);
      expect((await inSession(call('write'), { scope: 'orders:write' })).status).toBe(200);
      expect(ran).toEqual(['alice wrote']);
    });

    it('takes no id of a refused batch for one that waits', async () => {
      const twice = await inSession([LIST, LIST] as never);
      expect(twice.status).toBe(400);
      expect((await inSession(LIST)).status).toBe(200);
    });

    it('ends with the identity that opened it, though its principal has another token', async () => {
      const opened = await send(app.url, world.userToken({ sub: 'user-9' }), ERA, INITIALIZE);
      const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id')! };
      await app.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'user-9' });
      const later = world.userToken({ sub: 'user-9', issuedAt: Math.floor(Date.now() / 1000) + 2 });
      await until(async () => (await send(app.url, later, ERA, LIST, { headers })).status === 404);
    });

    it('is no credential: each of its requests brings a valid token', async () => {
      const bare = await fetch(`${app.url}/mcp`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'mcp-session-id': id },
        body: JSON.stringify(call('whoami')),
      });
      expect(bare.status).toBe(401);
      const hourAgo = Math.floor(Date.now() / 1000) - 3600;
      expect((await inSession(call('whoami'), { issuedAt: hourAgo })).status).toBe(401);
      expect(app.auditLog.events.map(event => event.reason)).toEqual(['credentials_missing', 'token_expired']);
      expect(ran).toEqual([]);
    });

    it('gives no call the scopes of another: each is decided by the token it came with', async () => {
      expect((await inSession(call('write'), { scope: 'orders:write' })).status).toBe(200);
      const narrower = await inSession(call('write'), { scope: 'orders:read' });
      expect(narrower.status).toBe(403);
      expect(narrower.challenge).toContain('scope="orders:write"');
      expect(ran).toEqual(['alice wrote']);
      expect(app.auditLog.types()).toEqual(['execution.intent', 'execution.outcome', 'authorization.refused']);
    });

    it('lists what the token of the very request may use', async () => {
      const names = async (scope: string) =>
        (await inSession(LIST, { scope })).messages[0].result.tools.map(({ name }: { name: string }) => name);
      expect([await names('orders:read'), await names('orders:write'), await names('orders:read')]).toEqual([
        ['whoami'],
        ['whoami', 'write'],
        ['whoami'],
      ]);
    });

    it('leaves each call the trace that it came with', async () => {
      for (const digit of ['a', 'b'])
        await inSession(call('whoami'), {}, { traceparent: `00-${digit.repeat(32)}-${'1'.repeat(16)}-01` });
      expect(app.auditLog.events.map(event => event.trace_id![0])).toEqual(['a', 'a', 'b', 'b']);
    });

    it('ends when its own principal says so', async () => {
      const headers = {
        authorization: `Bearer ${world.userToken()}`,
        'mcp-session-id': id,
        'mcp-protocol-version': ERA,
      };
      expect((await fetch(`${app.url}/mcp`, { method: 'DELETE', headers })).status).toBe(200);
      expect((await inSession(call('whoami'))).status).toBe(404);
    });

    it('is nothing that a client of the 2026 era has: its header is ignored there', async () => {
      const modern = '2026-07-28';
      const { status, headers } = await send(
        app.url,
        world.userToken({ sub: 'bob' }),
        modern,
        message(modern, 'tools/list'),
        { headers: { 'mcp-session-id': id } },
      );
      expect(status).toBe(200);
      expect(headers.get('mcp-session-id')).toBeNull();
    });
  });

  it('sessions end with the application, though a stream of one is open', async () => {
    const closing = await start(world, adapter, true);
    const session = (await send(closing.url, world.userToken(), ERA, INITIALIZE)).headers.get('mcp-session-id')!;
    const headers = {
      authorization: `Bearer ${world.userToken()}`,
      accept: 'text/event-stream',
      'mcp-session-id': session,
      'mcp-protocol-version': ERA,
    };
    const stream = await fetch(`${closing.url}/mcp`, { headers });
    expect(stream.status).toBe(200);
    await closing.close();
    expect(await stream.text()).toBe('');
  });

  it('without "sessions" none is opened, and an id of one changes nothing', async () => {
    const stateless = await start(world, adapter);
    const opened = await send(stateless.url, world.userToken(), ERA, INITIALIZE);
    expect([opened.status, opened.headers.get('mcp-session-id')]).toEqual([200, null]);
    expect(
      (
        await send(stateless.url, world.userToken({ sub: 'bob' }), ERA, call('whoami'), {
          headers: { 'mcp-session-id': id },
        })
      ).messages[0].result.content[0].text,
    ).toBe('bob');
    await stateless.close();
  });
});
