import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { Controller, Get, Req } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { Authenticated, EieModule } from 'nestjs-eie';
import { ADAPTERS, RecordingLog, startApp, type TestApp } from '../support/app.js';
import { MCP, startWorld, type World } from '../support/world.js';

const POLLING = '/socket.io/?transport=polling';

@Controller('me')
class Me {
  @Get()
  @Authenticated()
  me(@Req() request: { headers: object }) {
    return Object.keys(request.headers).includes('authorization') ? 'a token' : 'no token';
  }
}

/** As engine.io attaches itself: it answers its own requests, and hands all others to the listeners that were there. */
function attach(server: Server, seen: string[]): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response) => {
    if (request.url !== POLLING) return listeners.forEach(listener => listener.call(server, request, response));
    seen.push(JSON.stringify([request.headers, request.rawHeaders]));
    response.end();
  });
}

describe.each(ADAPTERS)('a server for web sockets that takes the listeners of the HTTP server, on %s', adapter => {
  let world: World;
  let shop: TestApp | undefined;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterEach(async () => {
    await shop?.close();
    shop = undefined;
  });
  afterAll(() => world.close());

  const bearer = () => ({ headers: { authorization: `Bearer ${world.userToken()}` } });

  it.each(['before the application listens', 'after it'])('is shown no token where it comes %s', async when => {
    const seen: string[] = [];
    const isEarly = when.startsWith('before');
    shop = await startApp(world, {
      adapter,
      controllers: [Me],
      ...(isEarly && { prepare: app => attach(app.getHttpServer() as Server, seen) }),
    });
    if (!isEarly) attach(shop.app.getHttpServer() as Server, seen);
    await fetch(shop.url + POLLING, bearer());
    expect(seen.map(headers => headers.includes('Bearer'))).toEqual([false]);
    expect(await fetch(`${shop.url}/me`, bearer()).then(answer => answer.text())).toBe('no token');
  });
});

describe('a server that two applications share', () => {
  class SharedAdapter extends ExpressAdapter {
    constructor(private readonly shared: Server) {
      super();
    }

    override initHttpServer(): void {
      this.setHttpServer(this.shared);
    }
  }

  it('shows no token to a listener that comes later, and serves both', async () => {
    const world = await startWorld();
    const server = createServer();
    const applications = await Promise.all(
      ['one', 'two'].map(async () => {
        const options = { resource: MCP, issuers: [world.issuerOptions()], signing: 'ephemeral' as const };
        const module = await Test.createTestingModule({
          imports: [EieModule.forRoot({ ...options, audit: { log: new RecordingLog() } })],
          controllers: [Me],
        })
          .setLogger(false as never)
          .compile();
        return module.createNestApplication(new SharedAdapter(server), { logger: false }).init();
      }),
    );
    const seen: string[] = [];
    server.on('request', (request: IncomingMessage, response) => {
      seen.push(JSON.stringify([request.headers, request.rawHeaders]));
      const [one, two] = applications.map(app => app.getHttpAdapter().getInstance() as RequestListener);
      (request.headers['x-application'] === 'one' ? one : two)!(request, response);
    });
    await applications[0]!.listen(0, '127.0.0.1');
    const url = await applications[0]!.getUrl();
    const answers = ['one', 'two'].map(async name => {
      const headers = { authorization: `Bearer ${world.userToken()}`, 'x-application': name };
      return (await fetch(`${url}/me`, { headers })).text();
    });
    expect(await Promise.all(answers)).toEqual(['no token', 'no token']);
    expect(seen.map(headers => headers.includes('Bearer'))).toEqual([false, false]);
    for (const app of applications) await app.close().catch(() => undefined);
    await world.close();
  });
});
