import { Client } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { Authenticated } from 'nestjs-eie';
import { EieMcpModule, serveStdio, Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
import { callTool, type Era, ERAS, startApp, type TestApp } from '../support/app.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

const identity = {
  issuer: 'https://login.shop.test',
  sub: 'alice',
  type: 'user' as const,
  clientId: 'desk',
  agent: 'agent-desk',
  scopes: [],
};

let running: number;
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
    return 'paid';
  }

  @Tool({ name: 'endless' })
  async endless(@ToolCall() { signal }: ToolCall) {
    running++;
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
    aborted = true;
  }
}

describe.each(ERAS)('an application that serves a client of %s on stdio and is closed', era => {
  let world: World;
  let app: TestApp;
  let client: Client;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());
  beforeEach(() => {
    [running, aborted] = [0, false];
  });
  afterEach(() => client?.close());

  const start = async (limits = {}) => {
    app = await startApp(world, {
      providers: [Tools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', stdio: { identity } })],
      options: { limits },
    });
    client = await connect(app, era);
  };
  const outcome = () => app.auditLog.last('execution.outcome');

  it('delivers the answer of a call that runs, and then closes the connection', async () => {
    await start();
    const gone = new Promise<void>(resolve => (client.onclose = resolve));
    const answer = callTool(client, 'pay');
    await until(() => running === 1);
    const closed = app.close();
    await until(async () => (await refusalOf(client.listTools())) === 'server_closing');
    expect(await refusalOf(client.callTool({ name: 'pay' }))).toBe('server_closing');
    goOn();
    expect(await answer).toMatchObject({ isError: false, text: 'paid' });
    expect(outcome()).toMatchObject({ outcome: 'ok' });
    await gone;
    await closed;
    expect(running).toBe(1);
    expect(app.auditLog.last('mcp.refused')).toMatchObject({ reason: 'server_closing', actor_sub: 'alice' });
  });

  it('waits for no call past its deadline, says so and aborts it', async () => {
    await start({ callDeadline: 1 });
    const refused = refusalOf(client.callTool({ name: 'endless' }));
    await until(() => running === 1);
    const closed = app.close();
    expect(await refused).toBe('server_closing');
    await closed;
    expect(aborted).toBe(true);
  });

  it.each(['goes away from', 'cancels'])('still has the outcome of a call that its client %s', async what => {
    await start();
    const cancel = new AbortController();
    void client.callTool({ name: 'pay' }, { signal: cancel.signal }).catch(() => undefined);
    await until(() => running === 1);
    if (what === 'cancels') {
      cancel.abort();
      await client.listTools();
    } else {
      await client.close();
    }
    let isClosed = false;
    const closed = app.close().then(() => (isClosed = true));
    await new Promise(setImmediate);
    expect(isClosed).toBe(false);
    goOn();
    await closed;
    expect(outcome()).toMatchObject({ outcome: 'ok', handler: 'pay' });
  });
});

const refusalOf = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => undefined,
    error => error.data?.code ?? error,
  );

async function connect(app: TestApp, era: Era): Promise<Client> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await serveStdio(app.app, ours);
  const client = new Client(
    { name: 'local', version: '1.0.0' },
    era === '2026-07-28' ? { versionNegotiation: { mode: { pin: era } } } : {},
  );
  await client.connect(theirs);
  return client;
}
