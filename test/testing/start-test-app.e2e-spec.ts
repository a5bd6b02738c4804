import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Controller, Get, Module } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { EieModule, ExecutionIdentityEnvelope } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import {
  expectIsolated,
  MCP_ERAS,
  startTestApp,
  type TestApp,
  type TestAppOptions,
  TestAuthorizationServer,
} from 'nestjs-eie/testing';
import { AppModule, AsyncAppModule, KEYCLOAK, options, OrdersService, parts } from './shop.js';

const alice = { sub: 'alice', tenant: 'acme', scopes: ['orders:read'], agent: 'desk-agent' };

describe('a test application', () => {
  const started: { close(): Promise<void> }[] = [];
  const start = async (module = AppModule, given: TestAppOptions = {}): Promise<TestApp> => {
    const app = await startTestApp(module, given);
    started.push(app);
    return app;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map(one => one.close()));
  });

  describe.each(MCP_ERAS)('for clients of %s', era => {
    it('runs a tool in the identity that is asked for', async () => {
      const app = await start();
      const answer = await app.as(alice).callTool('whoami', {}, { era });
      expect(answer).toMatchObject({
        status: 200,
        isError: false,
        json: { sub: 'alice', tenant: 'acme', agent: 'desk-agent' },
      });
    });

    it('refuses a tool whose scope is missing, and names the scope', async () => {
      const app = await start();
      const answer = await app.as({ ...alice, scopes: [] }).callTool('get_order', { id: '1' }, { era });
      expect([answer.status, answer.isError]).toEqual([403, true]);
      expect(answer.challenge).toContain('orders:read');
    });

    it('refuses a call without a token', async () => {
      const answer = await (await start()).anonymous().callTool('whoami', {}, { era });
      expect([answer.status, answer.isError]).toEqual([401, true]);
    });
  });

  it.each([
    ['forRoot() on Express', AppModule, () => ({})],
    ['forRootAsync() on Express', AsyncAppModule, () => ({})],
    ['forRootAsync() on Fastify', AsyncAppModule, () => ({ adapter: new FastifyAdapter() as never })],
  ])('works with %s', async (_what, module, given) => {
    const app = await start(module, given());
    expect((await app.as(alice).get('/orders')).json).toEqual({ for: 'alice' });
    expect((await app.as(alice).callTool('whoami')).json.sub).toBe('alice');
  });

  it('lets the official client read a resource in the identity that is asked for', async () => {
    const app = await start();
    const transport = new StreamableHTTPClientTransport(new URL('/mcp', app.url), {
      fetch: (url, init) => app.as(alice).fetch(String(url), init),
    });
    const client = new Client({ name: 'test', version: '1.0.0' });
    await client.connect(transport);
    const { contents } = await client.readResource({ uri: 'shop://greeting' });
    await client.close();
    expect(contents).toMatchObject([{ text: 'Hello alice' }]);
  });

  it('serves HTTP handlers behind a global prefix as main.ts would', async () => {
    const app = await start(AppModule, { prepare: nest => void nest.setGlobalPrefix('api') });
    expect(
      (await app.as({ ...alice, scopes: ['orders:write'], client: 'unknown', agent: [] }).post('/api/orders')).json,
    ).toEqual({ by: 'alice' });
    expect((await app.as(alice).callTool('whoami')).json.sub).toBe('alice');
    expect((await app.identityOf(alice)).actor.sub).toBe('alice');
  });

  it('keeps the rights of the application: its agents stay limited, its tenants stay its tenants', async () => {
    const app = await start();
    const write = { ...alice, scopes: ['orders:write'] };
    expect((await app.as(write).post('/orders')).status).toBe(403);
    expect((await app.as({ ...alice, tenant: 'initech' }).get('/orders')).status).toBe(401);
  });

  it('refuses a token of a stranger, also one that names the same issuer', async () => {
    const app = await start();
    const stranger = await TestAuthorizationServer.start({ issuer: KEYCLOAK, audience: 'https://mcp.shop.test/mcp' });
    started.push(stranger);
    expect((await app.withToken(await stranger.token(alice)).get('/orders')).status).toBe(401);
    expect(
      (
        await app
          .withToken(await (await app.issuer()).token({ ...alice, audience: 'https://mcp.shop.test/mcp' }))
          .get('/orders')
      ).status,
    ).toBe(200);
  });

  it('refuses a token that has expired, and one for another audience', async () => {
    const app = await start();
    expect((await app.as({ ...alice, expiresIn: -5 }).get('/orders')).status).toBe(401);
    expect((await app.as({ ...alice, audience: 'https://other.test' }).get('/orders')).status).toBe(401);
    expect(app.audit.find({ type: 'admission.refused' }).map(({ reason }) => reason)).toEqual([
      'token_expired',
      'audience_refused',
    ]);
  });

  it('names the issuer as the application does', async () => {
    const app = await start();
    await app.as(alice).callTool('whoami');
    const intent = await app.audit.waitFor({ type: 'execution.outcome', handler: 'whoami' });
    expect(intent).toMatchObject({
      actor_issuer: KEYCLOAK,
      actor_sub: 'alice',
      tenant: 'acme',
      agent_id: 'desk-agent',
    });
    await expect(app.as({ ...alice, issuer: 'https://unknown.test' }).get('/orders')).rejects.toThrow(/no issuer/);
  });

  it('refuses with 503 while the keys of its issuer cannot be had', async () => {
    const app = await start();
    (await app.issuer()).fail({ jwks: 503 });
    expect((await app.as(alice).get('/orders')).status).toBe(503);
  });

  it('writes nothing to the folder of the audit log', async () => {
    const directory = join(tmpdir(), `nestjs-eie-${randomUUID()}`);
    @Module({ imports: [EieModule.forRoot({ ...options(), audit: { directory } })], ...parts })
    class LoggingModule {}
    const app = await start(LoggingModule);
    expect((await app.as(alice).get('/orders')).status).toBe(200);
    expect(app.audit.find({ type: 'execution.intent' })).toHaveLength(1);
    expect(existsSync(directory)).toBe(false);
  });

  it('says which records there are where the one that is waited for does not come', async () => {
    const app = await start();
    await expect(app.audit.waitFor({ handler: 'nothing' }, 10)).rejects.toThrow(/There are: service.started/);
  });

  it('two of them in one process are apart', async () => {
    const [one, other] = await Promise.all([start(), start(AsyncAppModule)]);
    await one.as(alice).callTool('whoami');
    await one.audit.waitFor({ type: 'execution.outcome' });
    expect(other.audit.find({ type: 'execution.intent' })).toEqual([]);
    const token = await (await one.issuer()).token({ ...alice, audience: 'https://mcp.shop.test/mcp' });
    expect((await other.withToken(token).get('/orders')).status).toBe(401);
  });

  describe('gives envelopes', () => {
    it('that are genuine, and in which a service can delegate', async () => {
      const app = await start();
      app.target('orders_api').reply(({ sub }) => ({ json: { for: sub } }));
      const identity = await app.identityOf(alice);
      expect(identity).toBeInstanceOf(ExecutionIdentityEnvelope);
      expect(identity.actor).toMatchObject({ issuer: KEYCLOAK, sub: 'alice', tenant: 'acme' });
      expect(await app.nest.get(OrdersService).of(identity)).toEqual({ for: 'alice' });
    });

    it('for nobody whom the boundary refuses', async () => {
      const app = await start();
      await expect(app.identityOf({ ...alice, tenant: 'initech' })).rejects.toThrow(/refuses this identity: 401/);
    });

    it('that are over once the application is closed', async () => {
      const app = await startTestApp(AppModule);
      const identity = await app.identityOf(alice);
      const service = app.nest.get(OrdersService);
      await app.close();
      await expect(service.of(identity)).rejects.toMatchObject({ code: 'identity_expired' });
    });
  });

  describe('does not start', () => {
    it.each([undefined, 'production'])('where NODE_ENV is %s', async environment => {
      const before = process.env.NODE_ENV;
      try {
        if (environment === undefined) delete process.env.NODE_ENV;
        else process.env.NODE_ENV = environment;
        await expect(startTestApp(AppModule)).rejects.toThrow(/startTestApp\(\) works only where NODE_ENV/);
      } finally {
        process.env.NODE_ENV = before;
      }
    });

    it('where a boot check stops the application: a handler without a policy', async () => {
      @Controller('unsafe')
      class UnsafeController {
        @Get()
        get() {
          return 'anybody';
        }
      }
      @Module({ imports: [AppModule], controllers: [UnsafeController] })
      class UnsafeModule {}
      await expect(startTestApp(UnsafeModule)).rejects.toThrow(/UnsafeController/);
    });

    it('where an option is wrong that the test would replace', async () => {
      const wrong = { ...options(), issuers: [{ ...options().issuers[0]!, algorithms: ['HS256'] }] };
      @Module({ imports: [EieModule.forRoot(wrong as never)], controllers: [] })
      class WrongModule {}
      await expect(startTestApp(WrongModule)).rejects.toThrow(/algorithms may only hold/);
    });

    it('without EieModule, and says so', async () => {
      @Module({})
      class EmptyModule {}
      await expect(startTestApp(EmptyModule)).rejects.toThrow(/imports no EieModule/);
    });
  });

  it('replaces providers of the application by the means of Nest', async () => {
    const app = await start(AppModule, {
      override: builder => builder.overrideProvider(OrdersService).useValue({ of: () => 'replaced' }),
    });
    expect(app.nest.get<{ of(): string }>(OrdersService).of()).toBe('replaced');
  });

  it('says on the log why a call is refused, where it is told to log', async () => {
    const app = await start(AppModule, { logger: ['error', 'warn'] });
    const written: string[] = [];
    const spies = [process.stdout, process.stderr].map(stream =>
      jest.spyOn(stream, 'write').mockImplementation(chunk => written.push(String(chunk)) > 0),
    );
    await app.as({ ...alice, expiresIn: -10 }).callTool('whoami');
    for (const spy of spies) spy.mockRestore();
    expect(written.join('')).toContain('token_expired');
  });

  it('asks for the path where there are several MCP routes, also to call for many users at once', async () => {
    @Module({
      imports: [
        EieModule.forRoot(options()),
        EieMcpModule.register({ path: 'mcp', name: 'one', version: '1', include: parts.providers.slice(0, 1) }),
        EieMcpModule.register({
          path: 'two',
          name: 'two',
          version: '1',
          include: [],
          resource: 'https://mcp.shop.test/two',
        }),
      ],
      ...parts,
    })
    class TwoRoutes {}
    const app = await start(TwoRoutes);
    expect(() => app.as(alice).callTool('whoami')).toThrow(/several MCP routes/);
    expect((await app.as(alice).callTool('whoami', {}, { path: '/mcp' })).json.sub).toBe('alice');
    const { sub: _sub, ...as } = alice;
    const tools = [{ name: 'whoami', path: '/mcp' }];
    expect(await expectIsolated(app, { users: 3, as, tools, interleavings: 1 })).toMatchObject({ calls: 3 });
  });
});
