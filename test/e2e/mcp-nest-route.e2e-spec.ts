import { request } from 'node:http';
import { createServer } from 'node:net';
import { type AddressInfo } from 'node:net';
import { Controller, type NestHybridApplicationOptions, type Type } from '@nestjs/common';
import { ClientProxyFactory, Ctx, EventPattern, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  type McpContext,
  McpController,
  McpHttpControllerFor,
  Resource,
  ResourceTemplate,
  StreamableHttpTransport,
  Tool,
  ToolScopes,
} from '@rekog/mcp-nest';
import { lastValueFrom } from 'rxjs';
import { Authenticated, EieModule, IdentityRevocation, RequireScopes } from 'nestjs-eie';
import { checkedSlowly, connected, routeFor, startMcpNest, strategyWith } from '../mcp-nest/mcp-nest-app.js';
import { ADAPTERS, callTool, connect, ERAS, RecordingLog, startApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { MCP, ORDERS, startWorld, type World } from '../support/world.js';
import { until } from '../support/until.js';

let ran: string[];
let checking: () => void;
let revoked: Promise<void>;

@McpController()
@Authenticated()
class Tools {
  @Tool({ name: 'anybody' })
  anybody() {
    ran.push('anybody');
    return 'ran';
  }

  @Tool({ name: 'writes' })
  @ToolScopes(['orders:write'])
  writes() {
    ran.push('writes');
    return 'ran';
  }

  @Tool({ name: 'slow_input', parameters: checkedSlowly(async () => (checking(), revoked)) })
  slowInput() {
    ran.push('slow_input');
  }

  @Resource({ uri: 'shop://ledger' })
  @RequireScopes('ledger:read')
  ledger() {
    ran.push('ledger');
    return { contents: [] };
  }

  @ResourceTemplate({ uriTemplate: 'open://notes/{id}' })
  note(@Payload() { id }: { id: string }) {
    ran.push('note');
    return { contents: [{ uri: `open://notes/${id}`, text: id }] };
  }
}

let world: World;

class Ancestor {
  @Tool({ name: 'inherited', description: 'Of both' })
  @ToolScopes(['admin:all'])
  inherited() {
    return 'ran';
  }
}

@McpController()
@Authenticated()
class FirstHeir extends Ancestor {}

@McpController()
@Authenticated()
class SecondHeir extends Ancestor {}

describe('the boundary around mcp-nest', () => {
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());
  beforeEach(() => {
    ran = [];
  });

  describe.each(ADAPTERS)('the route to mcp-nest on %s', adapter => {
    let shop: TestApp;

    beforeAll(async () => {
      shop = await startMcpNest(world, { adapter, controllers: [Tools] });
    });
    afterAll(() => shop.close());
    beforeEach(() => {
      shop.auditLog.events.length = 0;
    });

    const METADATA = 'resource_metadata="https://mcp.shop.test/.well-known/oauth-protected-resource/mcp"';
    const call = (name: string, id = 1) => message('2025-11-25', 'tools/call', { name, arguments: {} }, id);

    it.each(['POST', 'GET', 'DELETE'])('answers %s without a token with 401 and where to get one', async method => {
      const answer = await fetch(`${shop.url}/mcp`, {
        method,
        ...(method === 'POST' && {
          body: JSON.stringify(call('anybody')),
          headers: { 'content-type': 'application/json' },
        }),
      });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain(METADATA);
      expect(ran).toEqual([]);
      expect(shop.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'admission.refused',
          reason: 'credentials_missing',
          actor_sub: null,
          handler: null,
        }),
      ]);
    });

    it.each([
      [
        'of another audience',
        () => world.userToken({ resource: 'https://orders.shop.test', scope: 'orders:read' }),
        'audience_refused',
      ],
      [
        'that is not signed by its issuer',
        () => `${world.userToken().split('.').slice(0, 2).join('.')}.${'A'.repeat(86)}`,
        'signature_invalid',
      ],
      ['that is none', () => 'opaque', 'token_malformed'],
    ])(
      'answers a token %s with 401: nothing runs, and the reason is on the audit log alone',
      async (_what, token, reason) => {
        const answer = await send(shop.url, token(), '2025-11-25', call('anybody'));
        expect({ status: answer.status, body: answer.body }).toEqual({
          status: 401,
          body: '{"statusCode":401,"message":"Unauthorized"}',
        });
        expect(ran).toEqual([]);
        expect(shop.auditLog.decisions).toEqual([
          expect.objectContaining({ type: 'admission.refused', reason, actor_sub: null }),
        ]);
      },
    );

    it('opens no session and no stream', async () => {
      for (const method of ['GET', 'DELETE']) {
        const answer = await fetch(`${shop.url}/mcp`, {
          method,
          headers: {
            authorization: `Bearer ${world.userToken()}`,
            accept: 'text/event-stream',
            'mcp-session-id': 'guessed',
          },
        });
        expect(answer.status).toBe(405);
      }
    });

    it('runs nothing of a batch in which one call is refused', async () => {
      const { status, challenge } = await send(shop.url, world.userToken(), '2025-11-25', [
        call('anybody', 1),
        call('writes', 2),
      ]);
      expect({ status, challenge }).toEqual({
        status: 403,
        challenge: expect.stringContaining('scope="orders:write"'),
      });
      expect(ran).toEqual([]);
      expect(shop.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'authorization.refused',
          handler: 'writes',
          reason: 'insufficient_scope',
          actor_sub: 'alice',
        }),
      ]);
    });

    it('refuses a message that is deeper than any tool needs', async () => {
      const deep = {
        ...call('anybody'),
        params: { name: 'anybody', arguments: JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`) as unknown },
      };
      expect((await send(shop.url, world.userToken(), '2025-11-25', deep as never)).status).toBe(400);
      expect(ran).toEqual([]);
      expect(shop.auditLog.decisions).toEqual([
        expect.objectContaining({ type: 'input.refused', reason: 'input_invalid', actor_sub: 'alice' }),
      ]);
    });

    it.each([
      ['under a host name that is not its own', { host: 'evil.test' }, 'host_refused'],
      ['from a web page elsewhere', { origin: 'https://evil.test' }, 'origin_refused'],
    ])('refuses a call %s', async (_how, names, reason) => {
      const headers = { authorization: `Bearer ${world.userToken()}`, 'content-type': 'application/json', ...names };
      const status = await new Promise(resolve =>
        request(`${shop.url}/mcp`, { method: 'POST', headers }, answer => resolve(answer.resume().statusCode)).end(
          JSON.stringify(call('anybody')),
        ),
      );
      expect(status).toBe(403);
      expect(ran).toEqual([]);
      expect(shop.auditLog.decisions).toEqual([
        expect.objectContaining({ type: 'authorization.refused', reason, actor_sub: 'alice' }),
      ]);
    });

    describe.each(ERAS)('for a client of %s', era => {
      it('decides what runs, by whatever URI mcp-nest found it', async () => {
        const alice = await connect(shop.url, world.userToken(), era);
        // mcp-nest compares URIs without their scheme.
        await expect(alice.readResource({ uri: 'open://ledger' })).rejects.toMatchObject({
          data: { code: 'insufficient_scope' },
        });
        await expect(alice.readResource({ uri: 'shop://ledger' })).rejects.toMatchObject({
          data: { code: 'insufficient_scope' },
        });
        expect((await alice.readResource({ uri: 'shop://notes/7' })).contents).toEqual([
          expect.objectContaining({ text: '7' }),
        ]);
        await alice.close();
        expect(ran).toEqual(['note']);
      });

      it('counts a revocation that is made while the input is checked', async () => {
        const sub = era === '2026-07-28' ? 'user-1' : 'user-2';
        const client = await connect(shop.url, world.userToken({ sub }), era);
        const checked = new Promise<void>(resolve => (checking = resolve));
        revoked = checked.then(() => shop.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub }));
        await expect(callTool(client, 'slow_input')).rejects.toThrow('revoked');
        await client.close();
        await until(() => shop.auditLog.types().includes('authorization.refused'));
        expect(ran).toEqual([]);
        expect(shop.auditLog.last('authorization.refused')).toMatchObject({
          handler: 'slow_input',
          reason: 'identity_revoked',
          actor_sub: sub,
        });
      });
    });
  });

  it('a second server has its own tools and its own audience, and takes no token of the first', async () => {
    @McpController({ server: 'admin' })
    class AdminTools {
      @Tool({ name: 'purge' })
      @Authenticated()
      purge() {
        return 'purged';
      }
    }
    const admin = strategyWith({ server: 'admin' });
    const shop = await startMcpNest(world, {
      controllers: [Tools, AdminTools, routeFor(admin, { resource: MCP }, 'admin')],
      options: { resource: ORDERS },
      join(app, strategy) {
        connected(app, strategy);
        connected(app, admin);
      },
    });
    const tools = async (token: string, path: string) => {
      const answer = await send(shop.url, token, '2025-11-25', message('2025-11-25', 'tools/list'), { path });
      return answer.status === 200
        ? answer.messages[0].result.tools.map(({ name }: { name: string }) => name)
        : answer.status;
    };
    const [first, second] = [world.userToken({ resource: ORDERS }), world.userToken({ resource: MCP })];
    expect(await tools(first, '/mcp')).toEqual(['anybody', 'slow_input']);
    expect(await tools(second, '/admin')).toEqual(['purge']);
    expect([await tools(second, '/mcp'), await tools(first, '/admin')]).toEqual([401, 401]);
    expect(await (await fetch(`${shop.url}/.well-known/oauth-protected-resource/mcp`)).json()).toMatchObject({
      resource: MCP,
    });
    await shop.close();
  });

  it.each(['the first', 'a second'])(
    'a class that inherits its tools needs their scopes in %s application',
    async which => {
      const shop = await startMcpNest(world, { controllers: [which === 'the first' ? FirstHeir : SecondHeir] });
      const { status, challenge } = await send(
        shop.url,
        world.userToken(),
        '2025-11-25',
        message('2025-11-25', 'tools/call', { name: 'inherited', arguments: {} }),
      );
      expect([status, challenge]).toEqual([403, expect.stringContaining('scope="admin:all"')]);
      expect(shop.auditLog.last('authorization.refused')).toMatchObject({
        handler: 'inherited',
        reason: 'insufficient_scope',
      });
      await shop.close();
    },
  );

  it('a request that reaches mcp-nest past its route runs nothing', async () => {
    const transport = new StreamableHttpTransport();
    const strategy = strategyWith({ transports: [transport] });

    @Controller('past')
    @Authenticated()
    class Past extends McpHttpControllerFor(transport) {}

    const shop = await startMcpNest(world, { strategy, controllers: [Tools, Past as Type] });
    const answer = await send(
      shop.url,
      world.userToken(),
      '2025-11-25',
      message('2025-11-25', 'tools/call', { name: 'anybody', arguments: {} }),
      { path: '/past' },
    );
    expect(answer.status).toBe(500);
    expect(ran).toEqual([]);
    await shop.close();
  });

  describe('a handler of messages that come over another transport', () => {
    @Controller()
    class Listener {
      @MessagePattern('listen')
      listen(@Payload() _data: unknown, @Ctx() _context: McpContext) {
        ran.push('listen');
        return 'heard';
      }

      @EventPattern('happened')
      hear(@Payload() _data: unknown) {
        ran.push('hear');
      }
    }
    const PROBLEM =
      /Listener\.listen handles messages, whose senders nobody has authenticated[^]*Listener\.hear handles messages/;

    it.each<[how: string, options: NestHybridApplicationOptions]>([
      ['with the guards of the application', { inheritAppConfig: true }],
      ['without them', {}],
    ])('stops the application %s', async (_how, hybrid) => {
      const port = await freePort();
      const start = startApp(world, {
        controllers: [Listener],
        prepare: app =>
          void app.connectMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port } }, hybrid),
      });
      await expect(start).rejects.toThrow(PROBLEM);
    });

    it('is not served by a microservice that is started before the application is initialised', async () => {
      const port = await freePort();
      const module = await Test.createTestingModule({
        controllers: [Listener],
        imports: [
          EieModule.forRoot({ resource: MCP, issuers: [world.issuerOptions()], audit: { log: new RecordingLog() } }),
        ],
      }).compile();
      const app = module.createNestApplication({ logger: false });
      app.connectMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
      await expect(app.startAllMicroservices()).rejects.toThrow(PROBLEM);
      const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
      await expect(lastValueFrom(client.send('listen', {}))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      client.close();
      await app.close();
      expect(ran).toEqual([]);
    });
  });

  async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise(resolve => server.close(resolve));
    return port;
  }
});
