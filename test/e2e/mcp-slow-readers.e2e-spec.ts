import { type ServerResponse } from 'node:http';
import { connect as connectTo, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Authenticated } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, ERAS, startApp, type TestApp } from '../support/app.js';
import { headersFor, message } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

/** More than the buffers of a connection take. */
const CHUNK = 'z'.repeat(256 * 1024);
const CHUNKS = 100;

let sent: number;
let hasEnded: boolean;

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'talkative' })
  async talkative(@ToolCall() call: ToolCall) {
    for (let progress = 1; progress <= CHUNKS && !call.signal.aborted; progress++) {
      await call.progress({ progress, message: CHUNK });
      sent++;
      await turn();
    }
    hasEnded = true;
    return 'all said';
  }

  @Tool({ name: 'logs' })
  async logs(@ToolCall() call: ToolCall) {
    for (let one = 1; one <= CHUNKS && !call.signal.aborted; one++) {
      await call.log('error', CHUNK);
      sent++;
      await turn();
    }
    hasEnded = true;
    return 'all said';
  }
}

describe.each(ADAPTERS)('on %s, a tool that tells its client more than it reads', adapter => {
  let world: World;
  let app: TestApp;
  let response: ServerResponse;
  let socket: Socket | undefined;

  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      providers: [Tools],
      imports: [
        EieMcpModule.register({
          path: 'mcp',
          name: 'shop',
          version: '1.0.0',
          configure: ({ server }) => server.registerCapabilities({ logging: {} }),
        }),
      ],
      prepare: nest =>
        nest.use((_request: unknown, given: ServerResponse & { raw?: ServerResponse }, next: () => void) => {
          response = given.raw ?? given;
          next();
        }),
    });
  });
  beforeEach(() => {
    [sent, hasEnded] = [0, false];
  });
  afterEach(() => socket?.destroy());
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });

  /** Calls a tool, and reads nothing. */
  const callUnread = (era: (typeof ERAS)[number], name: string): Socket => {
    const _meta = { progressToken: 'p', 'io.modelcontextprotocol/logLevel': 'error' };
    const body = message(era, 'tools/call', { name, arguments: {}, _meta });
    const text = JSON.stringify(body);
    const { port, host } = new URL(app.url);
    const headers = {
      host,
      authorization: `Bearer ${world.userToken()}`,
      ...headersFor(era, body),
      'content-length': String(text.length),
    };
    const lines = Object.entries(headers).map(([field, value]) => `${field}: ${value}\r\n`);
    const connection = connectTo(Number(port), '127.0.0.1').on('error', () => undefined);
    connection.pause().write(`POST /mcp HTTP/1.1\r\n${lines.join('')}\r\n${text}`);
    return connection;
  };
  const isFull = () => sent > 0 && response.writableNeedDrain;
  const turns = async (count: number): Promise<void> => {
    for (let left = count; left; left--) await turn();
  };

  it.each(ERAS.flatMap(era => ['talkative', 'logs'].map(name => [name, era] as const)))(
    'waits until it reads, and ends when it goes away: %s, %s',
    async (name, era) => {
      socket = callUnread(era, name);
      await until(isFull);
      await turns(20);
      const before = sent;
      await turns(200);
      expect(sent - before).toBeLessThan(3);
      expect(hasEnded).toBe(false);
      socket.destroy();
      await until(() => hasEnded);
      expect(sent).toBeLessThan(CHUNKS);
    },
  );

  it.each(ERAS)('says all of it to one that reads at last: %s', async era => {
    socket = callUnread(era, 'talkative');
    await until(isFull);
    let tail = '';
    socket.on('data', (chunk: Buffer) => (tail = (tail + chunk.toString('latin1')).slice(-1_000)));
    socket.resume();
    await until(() => tail.includes('all said'));
    expect(sent).toBe(CHUNKS);
  });
});
