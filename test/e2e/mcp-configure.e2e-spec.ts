import { type Client } from '@modelcontextprotocol/client';
import { type McpServer } from '@modelcontextprotocol/server';
import { IsString } from 'class-validator';
import { type Diagnostic } from 'execution-identity';
import { Authenticated, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, identityOf, type McpIdentity, Prompt, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { connect, ERAS, startApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { tokensWithin } from '../support/reachable.js';
import { startWorld, type World } from '../support/world.js';

class City {
  @IsString()
  city: string;
}

@ToolController()
@Authenticated()
class Tools {
  @Prompt({ name: 'weather' })
  weather(@ToolInput() { city }: City) {
    return `The weather in ${city}`;
  }

  @Tool({ name: 'run' })
  run() {
    return 'ran';
  }

  @Tool({ name: 'hidden' })
  @RequireScopes('ledger:write')
  hidden() {}
}

const CITIES: Record<string, string[]> = { acme: ['Antwerp', 'Athens'], globex: ['Ghent', 'Geneva'] };

describe.each(ERAS)('configure(), for a client of %s,', era => {
  let world: World;
  let app: TestApp | undefined;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world?.close());
  afterEach(() => app?.close());

  /** What the operator is told. */
  const lines: Diagnostic[] = [];
  const start = async (configure: (server: McpServer, identity: McpIdentity) => void | Promise<void>) => {
    lines.length = 0;
    app = await startApp(world, {
      options: { ports: { diagnostics: { report: line => void lines.push(line) } } },
      providers: [Tools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', configure })],
    });
    return app;
  };
  const within = async <T>(sub: string, use: (client: Client) => Promise<T>): Promise<T> => {
    const client = await connect(app!.url, world.userToken({ sub }), era);
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  };

  it('adds what the decorators have no word for, for the identity of the request', async () => {
    await start(({ server }, { actor }) => {
      server.registerCapabilities({ completions: {} });
      server.setRequestHandler('completion/complete', ({ params }) => ({
        completion: { values: CITIES[actor.tenant!]!.filter(city => city.startsWith(params.argument.value)) },
      }));
    });
    const complete = (value: string) => (client: Client) =>
      client.complete({ ref: { type: 'ref/prompt', name: 'weather' }, argument: { name: 'city', value } });
    expect((await within('alice', complete('An'))).completion.values).toEqual(['Antwerp']);
    expect((await within('bob', complete('G'))).completion.values).toEqual(['Ghent', 'Geneva']);
  });

  it('is called for each request, with who makes it, and reaches no token', async () => {
    const seen: McpIdentity[] = [];
    const found: string[] = [];
    await start((server, identity) => {
      seen.push(identity);
      found.push(...tokensWithin({ server, identity }, world.minted));
    });
    const list = (sub: string) => send(app!.url, world.userToken({ sub }), era, message(era, 'tools/list'));
    await Promise.all([list('alice'), list('bob'), list('alice')]);
    expect(seen.map(({ actor }) => actor.sub).sort()).toEqual(['alice', 'alice', 'bob']);
    expect(found).toEqual([]);
  });

  it('tells who reads the token of a request where it stops, and what to use instead', async () => {
    const read: unknown[] = [];
    await start(({ server }) => {
      server.setRequestHandler('tools/list', (_request, context) => {
        read.push(context.http?.req?.headers.get('authorization'));
        try {
          read.push(context.http?.authInfo?.token);
        } catch (error) {
          read.push(String(error));
        }
        return { tools: [] };
      });
    });
    await send(app!.url, world.userToken(), era, message(era, 'tools/list'));
    expect(read).toEqual([null, expect.stringContaining('DelegationService')]);
  });

  it('lists nothing that its identity may not use, even by a list of its own', async () => {
    const listed = ['run', 'hidden'].map(name => ({ name, inputSchema: { type: 'object' as const } }));
    await start(({ server }) => server.setRequestHandler('tools/list', () => ({ tools: listed })));
    expect((await within('alice', client => client.listTools())).tools.map(({ name }) => name)).toEqual(['run']);
  });

  it('gives each handler the identity of its message', async () => {
    const seen: unknown[] = [];
    await start(({ server }) => {
      server.registerCapabilities({ completions: {} });
      server.setRequestHandler('completion/complete', (_request, context) => {
        seen.push(identityOf(context).actor.sub);
        return { completion: { values: [] } };
      });
    });
    const complete = { ref: { type: 'ref/prompt', name: 'weather' }, argument: { name: 'city', value: 'A' } };
    await send(app!.url, world.userToken({ sub: 'bob' }), era, message(era, 'completion/complete', complete));
    expect(seen).toEqual(['bob']);
  });

  it.each<[what: string, register: (server: McpServer) => unknown]>([
    ['removeRequestHandler()', ({ server }) => server.removeRequestHandler('tools/call')],
    ['fallbackRequestHandler', ({ server }) => (server.fallbackRequestHandler = () => Promise.resolve({}))],
    ['fallbackNotificationHandler', ({ server }) => (server.fallbackNotificationHandler = () => Promise.resolve())],
  ])('must not answer what it does not name: %s fails each request', async (_what, register) => {
    await start(server => void register(server));
    expect((await send(app!.url, world.userToken(), era, message(era, 'tools/list'))).status).toBe(500);
  });

  it.each<[method: string, register: (server: McpServer) => unknown]>([
    ['registerTool', server => server.registerTool('free', {}, () => ({ content: [] }))],
    ['registerResource', server => server.registerResource('free', 'shop://free', {}, () => ({ contents: [] }))],
    ['registerPrompt', server => server.registerPrompt('free', {}, () => ({ messages: [] }))],
    [
      'server.setRequestHandler("tools/call")',
      ({ server }) => server.setRequestHandler('tools/call', () => ({ content: [] })),
    ],
    [
      'server.setRequestHandler("resources/read")',
      ({ server }) => server.setRequestHandler('resources/read', () => ({ contents: [] })),
    ],
    [
      'server.setRequestHandler("prompts/get")',
      ({ server }) => server.setRequestHandler('prompts/get', () => ({ messages: [] })),
    ],
  ])(
    'must not serve anything past the policies: %s fails each request, and says so to nobody outside',
    async (_method, register) => {
      const refused: unknown[] = [];
      await start(server => {
        try {
          register(server);
        } catch (error) {
          refused.push(error);
          throw error;
        }
      });
      const { status, body } = await send(
        app!.url,
        world.userToken(),
        era,
        message(era, 'tools/call', { name: 'run', arguments: {} }),
      );
      expect(status).toBe(500);
      expect(body).not.toContain('configure()');
      expect(refused).toEqual([
        expect.objectContaining({
          name: 'EieConfigurationError',
          message: expect.stringContaining('use the decorators of nestjs-eie/mcp, where it has an identity policy'),
        }),
      ]);
      expect(app!.auditLog.types()).not.toContain('execution.intent');
      expect(lines.filter(({ level }) => level === 'error')).toEqual([
        {
          level: 'error',
          message: expect.stringMatching(/^configure\(\) of the MCP route "mcp" failed, .*must not call/),
        },
      ]);
    },
  );

  it('that fails is told to the operator once for many requests, without the words of its error, and to no client', async () => {
    await start(() => {
      throw new TypeError('the words of the error');
    });
    for (let i = 0; i < 3; i++) {
      const { status, body } = await send(app!.url, world.userToken(), era, message(era, 'tools/list'));
      expect([status, body.includes('TypeError')]).toEqual([500, false]);
    }
    expect(lines.filter(({ message }) => message.includes('configure()'))).toEqual([
      {
        level: 'error',
        message: 'configure() of the MCP route "mcp" failed, so its requests are answered with 500: TypeError.',
      },
    ]);
  });
});
