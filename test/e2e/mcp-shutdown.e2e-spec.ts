import { once } from 'node:events';
import { Agent, type IncomingMessage, request, type Server } from 'node:http';
import { type BeforeApplicationShutdown, Injectable, Module } from '@nestjs/common';
import { type Client } from '@modelcontextprotocol/client';
import { Authenticated } from 'nestjs-eie';
import { EieMcpModule, Resource, Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, type Era, startApp, type TestApp } from '../support/app.js';
import { eventsIn, headersFor, message, open, send } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

let running = 0;
let paid = 0;
let goOn: () => void;
let aborted: boolean;

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'pay' })
  async pay() {
    const waited = new Promise<void>(resolve => (goOn = resolve));
    running++;
    await waited;
    paid++;
    return 'paid';
  }

  @Tool({ name: 'endless' })
  async endless(@ToolCall() { signal }: ToolCall) {
    running++;
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
    aborted = true;
  }

  @Resource({ uri: 'shop://watched', name: 'watched' })
  watched() {}
}

/** Holds the shutdown where the application still listens. */
let release: (() => void) | undefined;
let onHeld: (() => void) | undefined;

@Injectable()
class Held implements BeforeApplicationShutdown {
  beforeApplicationShutdown(): Promise<void> | undefined {
    if (!onHeld) return undefined;
    const held = new Promise<void>(resolve => (release = resolve));
    onHeld();
    return held;
  }
}

@Module({ providers: [Held] })
class Holding {}

const KINDS: [kind: string, era: Era, sessions: boolean][] = [
  ['the 2026 protocol', '2026-07-28', false],
  ['the 2025 protocol', '2025-11-25', false],
  ['the 2025 protocol in a session', '2025-11-25', true],
];
const SUBSCRIBE = { notifications: { resourceSubscriptions: ['shop://watched'] } };

describe.each(ADAPTERS)('an application on %s that is closed', adapter => {
  let world: World;
  let app: TestApp;
  let client: Client | undefined;
  beforeAll(async () => {
    world = await startWorld();
  });
  beforeEach(() => {
    [running, paid, aborted, client, onHeld] = [0, 0, false, undefined, undefined];
  });
  afterAll(() => world?.close());

  const start = async (sessions: boolean, limits = {}) => {
    app = await startApp(world, {
      adapter,
      providers: [Tools],
      imports: [
        // Nest calls the hooks of the shutdown from the last module to the first.
        Holding,
        EieMcpModule.register({
          path: 'mcp',
          name: 'shop',
          version: '1.0.0',
          sessions,
          configure: ({ server }) => server.registerCapabilities({ resources: { subscribe: true } }),
        }),
      ],
      options: { limits },
    });
  };
  const server = () => app.app.getHttpServer() as Server;
  /** Nest has run the hooks before the shutdown, and waits for connections. */
  const closeWhileOpen = async (): Promise<{ closed: Promise<void> }> => {
    const closed = app.close();
    await until(() => !server().listening);
    return { closed };
  };
  const end = async (closed: Promise<void>): Promise<void> => {
    await client?.close();
    server().closeAllConnections();
    await closed;
  };

  it.each(KINDS)('delivers the answer of a call that runs: %s', async (_kind, era, sessions) => {
    await start(sessions);
    client = await connect(app.url, world.userToken(), era);
    const answer = callTool(client, 'pay');
    await until(() => running === 1);
    const { closed } = await closeWhileOpen();
    goOn();
    expect(await answer).toMatchObject({ isError: false, text: 'paid' });
    expect(paid).toBe(1);
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'ok' });
    await end(closed);
  });

  it.each(KINDS)('waits for no call past its deadline, aborts it and says so: %s', async (_kind, era, sessions) => {
    await start(sessions, { callDeadline: 1 });
    const headers: Record<string, string> = {};
    if (sessions) headers['mcp-session-id'] = await openSession();
    const call = message(era, 'tools/call', { name: 'endless', arguments: {} });
    const answer = send(app.url, world.userToken(), era, call, { headers });
    await until(() => running === 1);
    const { closed } = await closeWhileOpen();
    const { status, messages } = await answer;
    expect(messages).toEqual([
      expect.objectContaining({ id: 1, error: expect.objectContaining({ data: { code: 'server_closing' } }) }),
    ]);
    // A stream has begun with its status.
    expect(status).toBe(era === '2026-07-28' ? 503 : 200);
    await end(closed);
    expect(aborted).toBe(true);
  });

  const openSession = async (): Promise<string> => {
    const initialize = message('2025-11-25', 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'raw', version: '1.0.0' },
    });
    const { headers } = await send(app.url, world.userToken(), '2025-11-25', initialize);
    return headers.get('mcp-session-id')!;
  };
  const stream = (session: string) =>
    fetch(`${app.url}/mcp`, {
      headers: {
        authorization: `Bearer ${world.userToken()}`,
        accept: 'text/event-stream',
        'mcp-session-id': session,
        'mcp-protocol-version': '2025-11-25',
      },
    });
  const subscribe = () =>
    open(app.url, world.userToken(), '2026-07-28', message('2026-07-28', 'subscriptions/listen', SUBSCRIBE));

  it('ends what stays open by itself, and opens none of it any more, while it serves calls', async () => {
    await start(true);
    const session = await openSession();
    const [subscription, ofSession] = await Promise.all([subscribe(), stream(session)]);
    expect([subscription.status, ofSession.status]).toEqual([200, 200]);
    const held = new Promise<void>(resolve => (onHeld = resolve));
    const closed = app.close();
    await held;
    expect(eventsIn(await subscription.text()).at(-1)).toMatchObject({ id: 1, result: { resultType: 'complete' } });
    expect(await ofSession.text()).toBe('');
    for (const refused of [await subscribe(), await stream(session)]) {
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({ error: { data: { code: 'server_closing' } } });
    }
    expect(app.auditLog.last('mcp.refused')).toMatchObject({ reason: 'server_closing', actor_sub: 'alice' });
    const list = await send(app.url, world.userToken(), '2026-07-28', message('2026-07-28', 'tools/list'));
    expect(list.status).toBe(200);
    release!();
    await end(closed);
  });

  it('ends while a client goes on calling over the connection that it keeps', async () => {
    await start(false);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const call = async (method: string, params = {}): Promise<number | undefined> => {
      const body = message('2026-07-28', method, params);
      const headers = { authorization: `Bearer ${world.userToken()}`, ...headersFor('2026-07-28', body) };
      const sent = request(`${app.url}/mcp`, { agent, method: 'POST', headers }).end(JSON.stringify(body));
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      await once(response.resume(), 'end');
      return response.statusCode;
    };
    const answer = call('tools/call', { name: 'pay', arguments: {} });
    await until(() => running === 1);
    const { closed } = await closeWhileOpen();
    goOn();
    expect(await answer).toBe(200);
    let calls = 0;
    while (calls < 100 && (await call('tools/list').catch(() => undefined))) calls++;
    agent.destroy();
    await closed;
    expect(calls).toBeLessThan(100);
  });
});
