import { type ClientRequest, request, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Authenticated } from 'nestjs-eie';
import { McpContent, Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, startMcpApp, type TestApp } from '../support/app.js';
import { headersFor, type Message, message, send } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

let aborted: number;
let waiting: number;
let kept: ToolCall;
/** What the policy engine waits for. */
let decision: Promise<void> | undefined;

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'short' })
  short() {
    return 'done';
  }

  @Tool({ name: 'steps' })
  async steps(@ToolCall() call: ToolCall) {
    for (const progress of [1, 2]) await call.progress({ progress });
    return 'done';
  }

  @Tool({ name: 'waits' })
  async waits(@ToolCall() { signal }: ToolCall) {
    waiting++;
    await new Promise(resolve => signal.addEventListener('abort', resolve));
    aborted++;
  }

  @Tool({ name: 'keeps' })
  keeps(@ToolCall() call: ToolCall) {
    kept = call;
    return 'done';
  }

  @Tool({ name: 'no-json' })
  noJson() {
    return new McpContent({ content: [], _meta: { count: 1n } });
  }
}

describe.each(ADAPTERS)('the answer to a call, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    const policy = {
      async allows() {
        await decision;
        return true;
      },
    };
    app = await startMcpApp(world, { adapter, providers: [Tools], options: { ports: { policy } } });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => {
    aborted = waiting = 0;
    decision = undefined;
    app.auditLog.events.length = 0;
  });

  describe.each(['2025-11-25', '2026-07-28'] as const)('in %s', era => {
    const call = (name: string, params: object = {}) =>
      message(era, 'tools/call', { name, arguments: {}, ...params }, 'call-1');

    /** A call by a client that can leave. */
    function begin(body: Message): ClientRequest {
      const headers = { authorization: `Bearer ${world.userToken()}`, ...headersFor(era, body) };
      const client = request(`${app.url}/mcp`, { method: 'POST', headers }).on('error', () => undefined);
      client.end(JSON.stringify(body));
      return client;
    }

    it('is one JSON message where nothing else is told', async () => {
      const { status, headers, messages } = await send(app.url, world.userToken(), era, call('short'));
      expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
      expect(messages).toMatchObject([{ id: 'call-1', result: { content: [{ type: 'text', text: 'done' }] } }]);
    });

    it('is a stream where the client asks for progress: the answer is its last event', async () => {
      const asked = call('steps', { _meta: { progressToken: 'p' } });
      const { headers, messages } = await send(app.url, world.userToken(), era, asked);
      expect(headers.get('content-type')).toContain('text/event-stream');
      expect(messages.map(({ method, params, id }) => id ?? [method, params.progress])).toEqual([
        ['notifications/progress', 1],
        ['notifications/progress', 2],
        'call-1',
      ]);
    });

    it('is JSON where the tool reports progress that nobody has asked for', async () => {
      const { headers, messages } = await send(app.url, world.userToken(), era, call('steps'));
      expect([headers.get('content-type'), messages.length]).toEqual(['application/json', 1]);
    });

    it('does not abort the signal of its call, as leaving does', async () => {
      expect((await send(app.url, world.userToken(), era, call('keeps'))).status).toBe(200);
      expect(kept.signal.aborted).toBe(false);
    });

    it('is the last that a client is told, also where it has asked for progress', async () => {
      const asked = call('keeps', { _meta: { progressToken: 'p' } });
      const { messages } = await send(app.url, world.userToken(), era, asked);
      expect(messages).toMatchObject([{ id: 'call-1', result: expect.anything() }]);
      await expect(kept.progress({ progress: 1 })).rejects.toMatchObject({ name: 'SdkError' });
    });

    it('is a failure where the handler has put into its result what is no JSON, and its outcome says so', async () => {
      const { status, messages } = await send(app.url, world.userToken(), era, call('no-json'));
      const structuredContent = { code: 'result_unserializable' };
      expect([status, messages]).toMatchObject([200, [{ id: 'call-1', result: { isError: true, structuredContent } }]]);
      expect(app.auditLog.last('execution.outcome')).toMatchObject({
        outcome: 'failed',
        reason: structuredContent.code,
      });
      expect((await send(app.url, world.userToken(), era, call('short'))).status).toBe(200);
    });

    it('is waited for by nobody once the client is gone: the tool is told, and its outcome recorded', async () => {
      const client = begin(call('waits'));
      await until(() => waiting === 1);
      client.destroy();
      await until(() => aborted === 1);
      await until(() => app.auditLog.types().includes('execution.outcome'));
    });

    it('is none where the client has left before its call was decided: no tool begins, and no message is called refused', async () => {
      let decide = (): void => undefined;
      decision = new Promise(resolve => (decide = resolve));
      const closed = new Promise(resolve =>
        (app.app.getHttpServer() as Server).once('request', (_request, response: ServerResponse) =>
          response.once('close', resolve),
        ),
      );
      const client = begin(call('waits'));
      await until(() => client.writableFinished);
      await sleep(50);
      client.destroy();
      await closed;
      decide();
      decision = undefined;
      expect((await send(app.url, world.userToken(), era, call('short'))).status).toBe(200);
      expect(waiting).toBe(0);
      expect(app.auditLog.types().filter(type => type.startsWith('mcp.'))).toEqual([]);
    });
  });
});
