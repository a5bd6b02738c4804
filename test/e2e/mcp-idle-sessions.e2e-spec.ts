import { jest } from '@jest/globals';
import { Authenticated } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

const ERA = '2025-11-25';
const INITIALIZE = message(ERA, 'initialize', {
  protocolVersion: ERA,
  capabilities: {},
  clientInfo: { name: 'raw', version: '1.0.0' },
});
const LIST = message(ERA, 'tools/list');
/** More milliseconds than a session may be idle. */
const ELEVEN_MINUTES = 660_000;

let isRunning: boolean;
let goOn: () => void;

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'long' })
  async long() {
    const waited = new Promise<void>(resolve => (goOn = resolve));
    isRunning = true;
    await waited;
    return 'done';
  }
}

describe.each(ADAPTERS)('on %s, a session that sends no request for eleven minutes', adapter => {
  let world: World;
  let app: TestApp;
  let session: Record<string, string>;
  let shift = 0;

  beforeAll(async () => {
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + shift);
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      providers: [Tools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', sessions: true })],
    });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
    jest.restoreAllMocks();
  });

  const opened = async (sub: string) => {
    const { headers } = await send(app.url, world.userToken({ sub }), ERA, INITIALIZE);
    return { 'mcp-session-id': headers.get('mcp-session-id')! };
  };
  /** Whoever opens a session makes the server look for idle ones. */
  const elevenMinutes = async (): Promise<void> => {
    shift += ELEVEN_MINUTES;
    await opened('user-0');
  };
  const list = () => send(app.url, world.userToken(), ERA, LIST, { headers: session });

  beforeEach(async () => {
    isRunning = false;
    session = await opened('alice');
  });

  it('has ended', async () => {
    await elevenMinutes();
    expect((await list()).status).toBe(404);
  });

  it('goes on while a call of it runs, and its time begins when the answer has come', async () => {
    const long = message(ERA, 'tools/call', { name: 'long', arguments: {} });
    const answer = send(app.url, world.userToken(), ERA, long, { headers: session });
    await until(() => isRunning);
    await elevenMinutes();
    goOn();
    expect((await answer).messages[0].result.content[0].text).toBe('done');
    expect((await list()).status).toBe(200);
    await elevenMinutes();
    expect((await list()).status).toBe(404);
  });

  it('goes on while its stream is open', async () => {
    const headers = {
      authorization: `Bearer ${world.userToken()}`,
      accept: 'text/event-stream',
      'mcp-protocol-version': ERA,
    };
    const stream = await fetch(`${app.url}/mcp`, { headers: { ...headers, ...session } });
    expect(stream.status).toBe(200);
    await elevenMinutes();
    expect((await list()).status).toBe(200);
    await stream.body!.cancel();
  });
});
