import { type ServerResponse } from 'node:http';
import { Authenticated } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, startApp, type TestApp } from '../support/app.js';
import { message, type Message, open, send } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

const ERA = '2025-11-25';
const INITIALIZE = message(ERA, 'initialize', {
  protocolVersion: ERA,
  capabilities: {},
  clientInfo: { name: 'raw', version: '1.0.0' },
});
const call = (name: string, id: number) => message(ERA, 'tools/call', { name, arguments: {} }, id);
const cancel = (requestId: number) =>
  ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }) as unknown as Message;

let ran: string[];
let goOn: () => void;

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'quick' })
  quick() {
    return 'answered';
  }

  @Tool({ name: 'patient' })
  async patient(@ToolCall() { signal }: ToolCall) {
    ran.push('began');
    await new Promise<void>(resolve => {
      signal.addEventListener('abort', () => resolve());
      if (signal.aborted) resolve();
    });
    ran.push('aborted');
  }

  /** Goes on, whoever cancels it, and tells of it. */
  @Tool({ name: 'stubborn' })
  async stubborn(@ToolCall() { signal }: ToolCall) {
    ran.push('began');
    signal.addEventListener('abort', () => ran.push('aborted'));
    await new Promise<void>(resolve => (goOn = resolve));
    return 'too late';
  }
}

describe.each(ADAPTERS)('a call that its client cancels, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  let session: Record<string, string>;
  /** Responses that have not closed. */
  let responses = 0;

  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      providers: [Tools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', sessions: true })],
      prepare: nest =>
        nest.use((_request: unknown, response: ServerResponse & { raw?: ServerResponse }, next: () => void) => {
          responses++;
          (response.raw ?? response).on('close', () => responses--);
          next();
        }),
    });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(async () => {
    ran = [];
    const { headers } = await send(app.url, world.userToken(), ERA, INITIALIZE);
    session = { 'mcp-session-id': headers.get('mcp-session-id')! };
  });

  const inSession = (body: Message | Message[]) => send(app.url, world.userToken(), ERA, body, { headers: session });

  it('ends its stream without an answer, and gives its id back', async () => {
    const stream = await open(app.url, world.userToken(), ERA, call('patient', 7), { headers: session });
    await until(() => ran.includes('began'));
    expect((await inSession(cancel(7))).status).toBe(202);
    expect([stream.status, await stream.text()]).toEqual([200, '']);
    await until(async () => (await inSession(call('quick', 7))).status === 200);
    expect(ran).toEqual(['began', 'aborted']);
  });

  it('keeps its id for as long as it goes on all the same, and its stream does not', async () => {
    const stream = await open(app.url, world.userToken(), ERA, call('stubborn', 7), { headers: session });
    await until(() => ran.includes('began'));
    await inSession(cancel(7));
    expect(await stream.text()).toBe('');
    await until(() => ran.includes('aborted'));
    const refused = await inSession(call('quick', 7));
    expect([refused.status, refused.messages[0].error.message]).toEqual([
      400,
      'Invalid Request: a request with this id has no answer yet',
    ]);
    goOn();
    await until(async () => (await inSession(call('quick', 7))).status === 200);
    expect((await inSession(call('quick', 7))).messages).toEqual([
      expect.objectContaining({ id: 7, result: { content: [{ type: 'text', text: 'answered' }] } }),
    ]);
  });

  it('leaves the others of its batch their answers', async () => {
    const batch = inSession([call('patient', 7), call('quick', 8), call('stubborn', 9)]);
    await until(() => ran.length === 2);
    await inSession(cancel(7));
    goOn();
    expect((await batch).messages.map(({ id, result }) => [id, result?.content[0].text])).toEqual(
      expect.arrayContaining([
        [8, 'answered'],
        [9, 'too late'],
      ]),
    );
  });

  it.each(['in a session', 'without one'])('ends though its batch cancels it, %s', async where => {
    const headers: Record<string, string> = where === 'in a session' ? session : {};
    const sent = await send(app.url, world.userToken(), ERA, [call('patient', 7), cancel(7)], { headers });
    expect([sent.status, sent.body]).toEqual([200, '']);
  });

  it('leaves nothing open that the official client gives up', async () => {
    const client = await connect(app.url, world.userToken(), ERA);
    await callTool(client, 'quick');
    const before = responses;
    for (let left = 5; left; left--) {
      ran = [];
      const controller = new AbortController();
      const given = client.callTool({ name: 'patient' }, { signal: controller.signal }).catch(() => 'given up');
      await until(() => ran.includes('began'));
      controller.abort();
      expect(await given).toBe('given up');
      await until(() => ran.includes('aborted'));
    }
    await until(() => responses <= before);
    expect(await callTool(client, 'quick')).toMatchObject({ text: 'answered' });
    await client.close();
  });
});
