import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest, type Server } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { type INestApplication } from '@nestjs/common';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { McpController, Tool as McpNestTool } from '@rekog/mcp-nest';
import { Authenticated } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { startMcpNest } from '../mcp-nest/mcp-nest-app.js';
import { type AppSetup, callTool, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

let runs = 0;

@ToolController()
class Tools {
  @Tool({ name: 'run' })
  @Authenticated()
  run() {
    return `run ${++runs}`;
  }
}

@McpController()
@Authenticated()
class McpNestTools {
  @McpNestTool({ name: 'run' })
  run() {
    return `run ${++runs}`;
  }
}

type Done = (error: Error | null, body?: unknown) => void;
interface Fastify {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(type: string, ...rest: unknown[]): void;
}
const express = (kind: 'raw' | 'text') => (app: INestApplication) =>
  void (app as NestExpressApplication).useBodyParser(kind, { type: () => true, limit: '5mb' });
const fastify =
  (...parser: unknown[]) =>
  (app: INestApplication) => {
    const instance = app.getHttpAdapter().getInstance() as Fastify;
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser('*', ...parser);
  };
const handedOn = (_request: unknown, body: unknown, done: Done) => done(null, body);
const left = (_request: unknown, _body: unknown, done: Done) => done(null);

/** Who reads the body of a message before the route does, and whether it leaves the stream to it. */
const BODIES: [who: string, setup: AppSetup, isStream: boolean][] = [
  ['nobody on express', { adapter: 'express' }, true],
  ['express.raw()', { adapter: 'express', prepare: express('raw') }, false],
  ['express.text()', { adapter: 'express', prepare: express('text') }, false],
  ['nobody on fastify', { adapter: 'fastify', prepare: fastify(left) }, true],
  ['a parser that hands on the stream of fastify', { adapter: 'fastify', prepare: fastify(handedOn) }, true],
  [
    'a parser that hands on the bytes of fastify',
    { adapter: 'fastify', prepare: fastify({ parseAs: 'buffer', bodyLimit: 5_000_000 }, handedOn) },
    false,
  ],
  [
    'a parser that hands on the text of fastify',
    { adapter: 'fastify', prepare: fastify({ parseAs: 'string', bodyLimit: 5_000_000 }, handedOn) },
    false,
  ],
];
const ROUTES: [route: string, start: (world: World, setup: AppSetup) => Promise<TestApp>][] = [
  ['the MCP route', (world, setup) => startMcpApp(world, { ...setup, providers: [Tools] })],
  ['the route to mcp-nest', (world, setup) => startMcpNest(world, { ...setup, controllers: [McpNestTools] })],
];
const CASES = ROUTES.flatMap(([route, start]) =>
  BODIES.map(body => [`${route}, whose messages are read by ${body[0]},`, start, body[1], body[2]] as const),
);

const call = (args: unknown = {}): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'run', arguments: args } });
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
const wide = (members: number) => Object.fromEntries(Array.from({ length: members }, (_, i) => [`m${i}`, i]));

let world: World;

describe('the limits of a message', () => {
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  describe.each(CASES)('%s', (_route, start, setup, isStream) => {
    let app: TestApp;

    beforeAll(async () => {
      app = await start(world, { ...setup, bodyParser: false });
    });
    afterAll(() => app.close());
    beforeEach(() => {
      runs = 0;
      app.auditLog.events.length = 0;
    });

    const headers = () => ({
      authorization: `Bearer ${world.userToken()}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
    });
    const post = (body: string | Uint8Array<ArrayBuffer>, more: Record<string, string> = {}) =>
      fetch(`${app.url}/mcp`, { method: 'POST', headers: { ...headers(), ...more }, body });
    const isRefused = async (response: Response, status: number, code: number) => {
      expect([response.status, await response.json()]).toEqual([
        status,
        { jsonrpc: '2.0', id: null, error: { code, message: expect.any(String) } },
      ]);
      isRecorded();
    };
    const isRecorded = () => {
      expect(runs).toBe(0);
      expect(app.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'input.refused',
          outcome: 'refused',
          reason: 'input_invalid',
          actor_sub: 'alice',
          trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        }),
      ]);
    };

    it.each(ERAS)('serves the official client (%s)', async era => {
      const client = await connect(app.url, world.userToken(), era);
      expect(await callTool(client, 'run')).toMatchObject({ isError: false, text: expect.stringContaining('run 1') });
      expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'ok', actor_sub: 'alice' });
      await client.close();
    });

    it.each<[what: string, body: string]>([
      ['is too deep', call(nested(70))],
      ['is brackets and nothing else', '['.repeat(500_000)],
      ['has 1,001 members in one object', call(wide(1_001))],
      ['has 60,000 members in one object', call(wide(60_000))],
      ['has 250,000 members in one object', call(wide(250_000))],
      ['has 10,001 values', call({ list: Array.from({ length: 10_001 }, () => 0) })],
      ['has a text of more than 256 KB', call({ text: 'x'.repeat(262_145) })],
      ['has more than 1 MB', `${call()}${' '.repeat(1_048_576)}`],
    ])('refuses a message that %s before it is parsed, and records that', async (_what, body) => {
      await isRefused(await post(body), 400, -32_600);
    });

    it.each<[what: string, body: string | Uint8Array<ArrayBuffer>]>([
      ['is empty', ''],
      ['breaks off', call().slice(0, -1)],
      ['is two messages', call() + call()],
      ['is no JSON', 'hello'],
    ])('answers a body that %s with a parse error, and records that', async (_what, body) => {
      await isRefused(await post(body), 400, -32_700);
    });

    it.each<[encoding: string, body: Uint8Array]>([
      ['gzip', gzipSync(call())],
      ['GZIP', gzipSync(call())],
      ['br', brotliCompressSync(call())],
      ['identity, gzip', gzipSync(call())],
    ])('does not decompress a message (Content-Encoding: %s)', async (encoding, body) => {
      const response = await post(new Uint8Array(body), { 'content-encoding': encoding });
      expect([response.status, runs]).toEqual([415, 0]);
    });

    it('records a compressed message that it refuses', async () => {
      await isRefused(await post(new Uint8Array(gzipSync(call())), { 'content-encoding': 'gzip' }), 415, -32_600);
    });

    it('takes an identity encoding for none', async () => {
      const response = await post(call(), { 'content-encoding': 'Identity' });
      await response.text();
      expect([response.status, runs]).toEqual([200, 1]);
    });

    it.each(['null', '7', '"text"', '[]', '{}', '[null]', '{"jsonrpc":"2.0"}'])(
      'gives a message of the protocol for the JSON %s, never a 5xx, and runs nothing',
      async body => {
        const response = await post(body);
        await response.text();
        expect(response.status).toBeLessThan(500);
        expect(runs).toBe(0);
      },
    );

    it('runs nothing of a message without a token', async () => {
      const response = await post(call(), { authorization: '' });
      expect([response.status, runs]).toEqual([401, 0]);
    });

    if (!isStream) return;

    const open = () => {
      const sent = httpRequest(`${app.url}/mcp`, { method: 'POST', headers: headers(), agent: false });
      const answer = new Promise<number>((resolve, reject) => {
        sent.on('response', response => resolve(response.resume().statusCode!)).on('error', reject);
      });
      return { sent, answer };
    };

    it('answers a body that never ends as soon as it is too large', async () => {
      const { sent, answer } = open();
      sent.write(`{"a":"${'x'.repeat(1_100_000)}`);
      expect(await answer).toBe(400);
      isRecorded();
      sent.destroy();
    });

    it('runs nothing when a client breaks off, though what has come is a whole message', async () => {
      const { sent, answer } = open();
      answer.catch(() => undefined);
      sent.write(call());
      const [received] = (await once(app.app.getHttpServer() as Server, 'request')) as [IncomingMessage];
      await until(() => received.listenerCount('data') > 0);
      sent.destroy();
      await until(() => app.auditLog.events.length > 0);
      isRecorded();
    });

    it('reads a message that comes in pieces, cut within a character', async () => {
      const { sent, answer } = open();
      for (const byte of Buffer.from(`${call()}`.replace('"id":1', '"id":"é"'))) sent.write(Buffer.from([byte]));
      sent.end();
      expect([await answer, runs]).toEqual([200, 1]);
    });

    it('answers bytes that are not UTF-8, or begin with a byte order mark, with a parse error', async () => {
      const [before, after] = call({ a: '?' }).split('?') as [string, string];
      await isRefused(
        await post(new Uint8Array(Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]))),
        400,
        -32_700,
      );
      app.auditLog.events.length = 0;
      await isRefused(await post(`\ufeff${call()}`), 400, -32_700);
    });
  });
});
