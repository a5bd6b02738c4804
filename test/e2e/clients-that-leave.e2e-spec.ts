import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { IsString } from 'class-validator';
import { Controller, Get } from '@nestjs/common';
import { Authenticated } from 'nestjs-eie';
import { Tool, ToolCall, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { headersFor, message, send } from '../support/mcp-messages.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

/** More than the 651 that one client may have open. Node reads no more of a connection whose answers fill its buffer. */
const [CONNECTIONS, BEHIND] = [35, 20];

let running = 0;
/** Ends the handler that runs. */
let goOn: () => void;

class Text {
  @IsString()
  text: string;
}

@ToolController()
@Authenticated()
class LeftTools {
  @Tool({ name: 'waits' })
  waits(@ToolInput() _input: Text, @ToolCall() { signal }: ToolCall) {
    running++;
    return new Promise(resolve => signal.addEventListener('abort', resolve));
  }

  @Tool({ name: 'quick' })
  quick() {
    return 'done';
  }
}

@Controller('left')
@Authenticated()
class LeftHandler {
  @Get()
  get() {
    running++;
    return new Promise<void>(resolve => (goOn = resolve));
  }
}

describe.each(ADAPTERS)('of a client that leaves, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  let collectGarbage: () => void;
  let port: number;
  let sockets: Socket[] = [];
  /** Of requests that were received since the test began. */
  let responses: WeakRef<ServerResponse>[];
  let closed: number;

  beforeAll(async () => {
    setFlagsFromString('--expose-gc');
    collectGarbage = runInNewContext('gc') as () => void;
    world = await startWorld();
    app = await startMcpApp(world, { adapter, controllers: [LeftHandler], providers: [LeftTools] });
    port = Number(new URL(app.url).port);
    (app.app.getHttpServer() as Server).on('request', (_request: IncomingMessage, response: ServerResponse) => {
      responses.push(new WeakRef(response));
      response.once('close', () => closed++);
    });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => {
    running = closed = 0;
    responses = [];
    app.auditLog.events.length = 0;
  });

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
  });

  function newConnection(): Socket {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket.resume());
    return socket;
  }
  const request = (line: string, headers: Record<string, string>, body = ''): string => {
    const all = { host: `127.0.0.1:${port}`, authorization: `Bearer ${world.userToken()}`, ...headers };
    return `${line} HTTP/1.1\r\n${Object.entries(all)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\r\n')}\r\n\r\n${body}`;
  };
  async function leave(socket: Socket): Promise<void> {
    socket.destroy();
    await once(socket, 'close');
  }
  const outcomes = (outcome: string) =>
    app.auditLog.events.filter(one => one.type === 'execution.outcome' && one.outcome === outcome).length;
  /** The last ones may still be known to parts of Node that handle the next request. */
  async function mostAreForgotten(): Promise<void> {
    app.auditLog.events.length = 0;
    await until(async () => {
      collectGarbage();
      await sleep(1);
      return responses.filter(one => one.deref()).length <= responses.length / 2;
    });
  }

  it('an HTTP call keeps nothing of its request in memory once its handler has ended', async () => {
    for (let left = 1; left <= 6; left++) {
      const socket = newConnection();
      socket.write(request('GET /left', {}));
      await until(() => running === left);
      await leave(socket);
      await until(() => closed === left);
      goOn();
      await until(() => outcomes('failed') + outcomes('ok') === left);
    }
    await mostAreForgotten();
  });

  describe.each(ERAS)('in %s,', era => {
    const callOf = (name: string, args: object, id: number): string => {
      const body = message(era, 'tools/call', { name, arguments: args }, id);
      const text = JSON.stringify(body);
      return request('POST /mcp', { ...headersFor(era, body), 'content-length': `${Buffer.byteLength(text)}` }, text);
    };

    it('a tool call keeps nothing of its request in memory once the tool has ended', async () => {
      for (let left = 1; left <= 6; left++) {
        const socket = newConnection();
        socket.write(callOf('waits', { text: 'x' }, left));
        await until(() => running === left);
        await leave(socket);
        await until(() => closed === left && outcomes('failed') + outcomes('ok') === left);
      }
      await mostAreForgotten();
    });

    it('calls that wait behind another one on its connection end with that connection, keep nothing, and count no longer, those that were refused too', async () => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => void warnings.push(warning);
      process.on('warning', onWarning);
      const connections = Array.from({ length: CONNECTIONS }, newConnection);
      for (const socket of connections) socket.write(callOf('waits', { text: 'x' }, 0));
      await until(() => running === CONNECTIONS);
      for (const socket of connections)
        socket.write(Array.from({ length: BEHIND }, (_one, id) => callOf('quick', {}, id + 1)).join(''));
      const refusals = () => app.auditLog.events.filter(({ reason }) => reason === 'limit_reached').length;
      await until(() => outcomes('ok') + refusals() === CONNECTIONS * BEHIND);
      expect(refusals()).toBeGreaterThan(0);
      await Promise.all(connections.map(leave));
      await until(() => closed === CONNECTIONS * (BEHIND + 1));
      const quick = message(era, 'tools/call', { name: 'quick', arguments: {} });
      expect((await send(app.url, world.userToken(), era, quick)).status).toBe(200);
      await mostAreForgotten();
      process.off('warning', onWarning);
      expect(warnings).toEqual([]);
    });

    it('a call behind another one is answered in its turn where the client stays', async () => {
      const socket = newConnection();
      let answers = '';
      socket.on('data', (data: Buffer) => (answers += data.toString()));
      socket.write(request('GET /left', {}));
      await until(() => running === 1);
      socket.write(callOf('quick', {}, 1) + callOf('quick', {}, 2));
      await until(() => outcomes('ok') === 2);
      expect(answers).toBe('');
      goOn();
      await until(() => closed === 3);
      await until(() => answers.includes('"id":2'));
      expect(answers.indexOf('"id":1')).toBeLessThan(answers.indexOf('"id":2'));
      await leave(socket);
    });
  });
});
