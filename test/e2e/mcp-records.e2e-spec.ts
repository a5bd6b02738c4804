import { request } from 'node:http';
import { type McpServer } from '@modelcontextprotocol/server';
import { Authenticated, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, Resource, Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, type Era, ERAS, startApp, type TestApp } from '../support/app.js';
import { headersFor, type Message, message, open, send, type Sending } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'run' })
  run() {
    return 'ran';
  }

  @Tool({ name: 'write' })
  @RequireScopes('orders:write')
  write() {}

  @Resource({ uri: 'shop://watched', name: 'watched' })
  watched() {}
}

const INITIALIZE = message('2025-11-25', 'initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'raw', version: '1.0.0' },
});
const COMPLETE = { ref: { type: 'ref/prompt', name: 'any' }, argument: { name: 'city', value: 'A' } };

describe.each(ADAPTERS)('on %s, a message of the protocol', adapter => {
  let world: World;
  let app: TestApp;
  /** What `configure` of the configured application does. */
  let configured: (server: McpServer) => void;
  let configurable: TestApp;

  beforeAll(async () => {
    world = await startWorld();
    const start = (configure?: (server: McpServer) => void) =>
      startApp(world, {
        adapter,
        providers: [Tools],
        imports: [
          EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', ...(configure && { configure }) }),
        ],
      });
    [app, configurable] = await Promise.all([start(), start(server => configured(server))]);
  });
  afterAll(() => Promise.all([app?.close(), configurable?.close(), world?.close()]));
  beforeEach(() => {
    configured = () => undefined;
    for (const one of [app, configurable]) one.auditLog.events.length = 0;
  });

  const post = (era: Era, body: Message | Message[], sending?: Sending, to = app) =>
    send(to.url, world.userToken(), era, body, sending);
  const records = (of = app) =>
    of.auditLog.events.map(({ type, handler, outcome, reason, actor_sub }) =>
      [type, handler, outcome, reason, actor_sub].filter(part => part !== null).join(' '),
    );

  it.each<[what: string, era: Era, body: Message, record: string]>([
    ['that opens a connection', '2025-11-25', INITIALIZE, 'mcp:initialize'],
    ['that asks what there is', '2026-07-28', message('2026-07-28', 'server/discover'), 'mcp:server/discover'],
    ...ERAS.flatMap((era): [string, Era, Message, string][] => [
      [`that lists resources, of ${era},`, era, message(era, 'resources/list'), 'mcp:resources/list'],
      [`whose method the client has invented, of ${era},`, era, message(era, 'secret/quince'), 'mcp:other'],
    ]),
  ])('%s leaves who sent it, before it is served', async (_what, era, body, record) => {
    await post(era, body);
    expect(records()[0]).toBe(`mcp.request ${record} started alice`);
    expect(JSON.stringify(app.auditLog.events)).not.toContain('quince');
  });

  it('that subscribes leaves who listens', async () => {
    const stream = await open(
      app.url,
      world.userToken(),
      '2026-07-28',
      message('2026-07-28', 'subscriptions/listen', { notifications: { resourceSubscriptions: ['shop://watched'] } }),
    );
    await stream.body!.cancel();
    expect(records()).toEqual(['mcp.request mcp:subscriptions/listen started alice']);
  });

  it.each<[what: string, headers: Record<string, string>, reason: string]>([
    ['a name in its header that is not its own', { 'mcp-name': 'write' }, 'jsonrpc_-32020'],
    ['a method in its header that is not its own', { 'mcp-method': 'tools/list' }, 'jsonrpc_-32020'],
    // Fastify itself refuses a content type that it has no parser for.
    ...(adapter === 'express'
      ? [['a content type that is not JSON', { 'content-type': 'text/json' }, 'jsonrpc_-32000'] as never]
      : []),
  ])('with %s is refused, with a record of who sent it', async (_what, headers, reason) => {
    const { status } = await post('2026-07-28', message('2026-07-28', 'tools/call', { name: 'run' }), { headers });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(records().at(-1)).toBe(`mcp.refused refused ${reason} alice`);
    expect(app.auditLog.types()).not.toContain('execution.intent');
  });

  it.each<[what: string, era: Era, body: Message]>(
    ERAS.flatMap((era): [string, Era, Message][] => [
      ['arguments that are a text', era, message(era, 'tools/call', { name: 'run', arguments: 'x' })],
      ['a name that is a number', era, message(era, 'tools/call', { name: 5 })],
      ['a URI that is a number', era, message(era, 'resources/read', { uri: 7 })],
    ]),
  )('that calls something with %s leaves a record of who sent it, for a client of %s', async (_what, era, body) => {
    await post(era, body);
    await until(() => app.auditLog.events.length > 0);
    expect(records()).toEqual([expect.stringMatching(/^mcp\.re(fused refused .*|quest .* started) alice$/)]);
  });

  it.each(['x@127.0.0.1', 'mcp.shop.test@evil.test'])('for the host %s is refused, with a record', async host => {
    const headers = { host, authorization: `Bearer ${world.userToken()}`, ...headersFor('2025-11-25', INITIALIZE) };
    const status = await new Promise(resolve =>
      request(`${app.url}/mcp`, { method: 'POST', headers }, response => resolve(response.resume().statusCode)).end(
        JSON.stringify(INITIALIZE),
      ),
    );
    expect(status).toBe(403);
    expect(records()).toEqual(['authorization.refused refused host_refused alice']);
  });

  it('of a version that nobody has is refused, with a record of who sent it', async () => {
    const body = JSON.parse(
      JSON.stringify(message('2026-07-28', 'tools/list')).replaceAll('2026-07-28', '2099-01-01'),
    ) as Message;
    const { status } = await post('2026-07-28', body, { headers: { 'mcp-protocol-version': '2099-01-01' } });
    expect(status).toBe(400);
    expect(records()).toEqual(['mcp.request mcp:tools/list started alice', expect.stringMatching(/^mcp.refused/)]);
  });

  it('is not served while the audit log is down', async () => {
    app.auditLog.broken = true;
    try {
      const { status, body } = await post('2026-07-28', message('2026-07-28', 'tools/list'));
      expect(status).toBe(503);
      expect(body).not.toContain('write');
    } finally {
      app.auditLog.broken = false;
    }
  });

  it('is one of at most 100 in a batch, each with a record of its own', async () => {
    const batch = (length: number) =>
      Array.from({ length }, (_one, i) => message('2025-11-25', 'tools/list', {}, i + 1));
    expect((await post('2025-11-25', batch(100))).status).toBe(200);
    expect(records()).toEqual(batch(100).map(() => 'mcp.request mcp:tools/list started alice'));
    app.auditLog.events.length = 0;
    expect((await post('2025-11-25', batch(101))).status).toBe(400);
    expect(records()).toEqual(['input.refused refused input_invalid alice']);
  });

  describe.each(ERAS)('that configure() of the application serves, for a client of %s,', era => {
    const complete = () =>
      (configured = ({ server }) => {
        server.registerCapabilities({ completions: {} });
        server.setRequestHandler('completion/complete', ({ params }) => {
          if (params.argument.value === 'fail') throw new Error('secret-4711');
          return { completion: { values: ['Antwerp'] } };
        });
      });

    it('leaves its intent before the handler runs, and its outcome', async () => {
      complete();
      const { messages } = await post(era, message(era, 'completion/complete', COMPLETE), {}, configurable);
      expect(messages[0].result.completion.values).toEqual(['Antwerp']);
      expect(records(configurable)).toEqual([
        'mcp.request mcp:completion/complete started alice',
        'execution.intent mcp:completion/complete started alice',
        'execution.outcome mcp:completion/complete ok alice',
      ]);
    });

    it('leaves an outcome that says that its handler has failed', async () => {
      complete();
      const failing = { ...COMPLETE, argument: { name: 'city', value: 'fail' } };
      await post(era, message(era, 'completion/complete', failing), {}, configurable);
      expect(records(configurable).at(-1)).toBe('execution.outcome mcp:completion/complete failed error alice');
      expect(JSON.stringify(configurable.auditLog.events)).not.toContain('quince');
    });

    it('is told from what the SDK serves by itself, which has one record', async () => {
      complete();
      await post(era, era === '2025-11-25' ? INITIALIZE : message(era, 'server/discover'), {}, configurable);
      expect(configurable.auditLog.types()).toEqual(['mcp.request']);
    });

    it('runs no code of configure() while the audit log is down, not even for a tool', async () => {
      let runs = 0;
      configured = () => void runs++;
      configurable.auditLog.broken = true;
      try {
        for (const body of [message(era, 'tools/list'), message(era, 'tools/call', { name: 'run', arguments: {} })])
          expect((await post(era, body, {}, configurable)).status).toBe(503);
      } finally {
        configurable.auditLog.broken = false;
      }
      expect(runs).toBe(0);
    });
  });
});
