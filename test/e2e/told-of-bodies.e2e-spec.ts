import { gzipSync } from 'node:zlib';
import { McpController, Tool as McpNestTool } from '@rekog/mcp-nest';
import { Authenticated } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { startMcpNest } from '../mcp-nest/mcp-nest-app.js';
import { type AppSetup, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

@ToolController()
class Tools {
  @Tool({ name: 'run' })
  @Authenticated()
  run() {
    return 'run';
  }
}

@McpController()
@Authenticated()
class McpNestTools {
  @McpNestTool({ name: 'run' })
  run() {
    return 'run';
  }
}

const ROUTES: [route: string, start: (world: World, setup: AppSetup) => Promise<TestApp>][] = [
  ['the MCP route', (world, setup) => startMcpApp(world, { ...setup, providers: [Tools] })],
  ['the route to mcp-nest', (world, setup) => startMcpNest(world, { ...setup, controllers: [McpNestTools] })],
];
const list = (params: object = {}) => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params });
const upload = () => {
  const form = new FormData();
  form.set('file', new Blob(['x']), 'a.txt');
  return form;
};
const json = { 'content-type': 'application/json' };

describe.each(ROUTES)(
  'the log of the application says of what %s refuses before a tool is looked for',
  (_route, start) => {
    let world: World;
    let app: TestApp;
    const lines: string[] = [];
    beforeAll(async () => {
      world = await startWorld();
      const diagnostics = { report: ({ message }: { message: string }) => void lines.push(message) };
      // A parser would refuse most of these bodies by itself, as those of Fastify do.
      app = await start(world, { bodyParser: false, options: { ports: { diagnostics } } });
    });
    afterAll(() => Promise.all([app, world].map(one => one?.close())));
    beforeEach(() => void (lines.length = 0));

    it.each<[what: string, body: () => BodyInit, headers: Record<string, string>, said: RegExp]>([
      ['a form is no JSON', upload, {}, /The body is no JSON in UTF-8: .* as application\/json, and no form/],
      ['JSON that breaks off is none', () => list().slice(0, -3), json, /The body is no JSON in UTF-8/],
      [
        'a compressed body is to be sent as it is',
        () => gzipSync(list()),
        { ...json, 'content-encoding': 'gzip' },
        /The body is compressed: .* without Content-Encoding/,
      ],
      [
        'a message may be past a limit',
        () => list({ text: 'x'.repeat(300_000) }),
        json,
        /deeper, larger or wider than a message may be: see "MCP message"/,
      ],
    ])('that %s, and sends nobody to the schema of a tool', async (_what, body, headers, said) => {
      const { status } = await fetch(`${app.url}/mcp`, {
        method: 'POST',
        headers: {
          ...headers,
          authorization: `Bearer ${world.userToken()}`,
          accept: 'application/json, text/event-stream',
        },
        body: body(),
      });
      expect([400, 415]).toContain(status);
      const told = lines.filter(line => line.startsWith('input_invalid'));
      expect(told).toEqual([expect.stringMatching(said)]);
      expect(told[0]).not.toContain('tools/list');
      expect(app.auditLog.last('input.refused')).toMatchObject({ reason: 'input_invalid', actor_sub: 'alice' });
    });
  },
);
