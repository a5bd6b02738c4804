import { type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { Controller, Get, Req } from '@nestjs/common';
import { Authenticated } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

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
