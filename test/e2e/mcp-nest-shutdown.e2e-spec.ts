import { type Server } from 'node:http';
import { type Client } from '@modelcontextprotocol/client';
import { McpController, Resource, Tool } from '@rekog/mcp-nest';
import { Authenticated } from 'nestjs-eie';
import { startMcpNest } from '../mcp-nest/mcp-nest-app.js';
import { ADAPTERS, callTool, connect, ERAS, type TestApp } from '../support/app.js';
import { eventsIn, message, open, send } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

let running = 0;
let goOn: () => void;

@McpController()
@Authenticated()
class Tools {
  @Tool({ name: 'pay', description: 'Pays' })
  async pay() {
    const waited = new Promise<void>(resolve => (goOn = resolve));
    running++;
    await waited;
    return 'paid';
  }

  @Resource({ uri: 'shop://watched', name: 'watched' })
  watched() {
    return 'watched';
  }
}

describe.each(ADAPTERS)('an application with mcp-nest on %s that is closed', adapter => {
  let world: World;
  let shop: TestApp;
  let client: Client | undefined;
  beforeAll(async () => {
    world = await startWorld();
  });
  beforeEach(() => {
    running = 0;
  });
  afterAll(() => world?.close());

  const start = async (limits = {}) => {
    shop = await startMcpNest(world, { adapter, controllers: [Tools], options: { limits } });
  };

  const server = () => shop.app.getHttpServer() as Server;

  it.each(ERAS)('delivers the answer of a call that runs, to a client of %s', async era => {
    await start();
    client = await connect(shop.url, world.userToken(), era);
    const answer = callTool(client, 'pay');
    await until(() => running === 1);
    const closed = shop.app.close();
    await until(() => !server().listening);
    goOn();
    expect(await answer).toMatchObject({ isError: false, json: 'paid' });
    expect(shop.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'ok' });
    await client.close();
    server().closeAllConnections();
    await closed;
  });

  it('waits for no call past its deadline, and says so', async () => {
    await start({ callDeadline: 1 });
    const call = message('2026-07-28', 'tools/call', { name: 'pay', arguments: {} });
    const answer = send(shop.url, world.userToken(), '2026-07-28', call);
    await until(() => running === 1);
    const closed = shop.app.close();
    const { status, messages } = await answer;
    expect([status, messages[0].error.data.code]).toEqual([503, 'server_closing']);
    server().closeIdleConnections();
    await closed;
  });

  it('waits for no subscription', async () => {
    await start();
    const listen = message('2026-07-28', 'subscriptions/listen', { notifications: { toolsListChanged: true } });
    const stream = await open(shop.url, world.userToken(), '2026-07-28', listen);
    expect(stream.status).toBe(200);
    const closed = shop.app.close();
    await until(() => !server().listening);
    expect(eventsIn(await stream.text()).at(-1)).toMatchObject({ error: { data: { code: 'server_closing' } } });
    server().closeIdleConnections();
    await closed;
  });
});
