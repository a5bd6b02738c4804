import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest, Server, type ServerResponse } from 'node:http';
import { Controller, Get, Post } from '@nestjs/common';
import { Authenticated, Identity, Public } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

@Controller('orders')
class OrdersController {
  @Get()
  @Authenticated()
  list(@Identity('actor.sub') user: string) {
    return { user };
  }

  @Post()
  @Authenticated()
  create(@Identity('actor.sub') user: string) {
    return { user };
  }

  @Get('open')
  @Public({ reason: 'Anybody may see what is for sale.' })
  open() {
    return 'open';
  }
}

type Emit = (this: unknown, event: string, ...given: unknown[]) => boolean;

/** As Sentry does on the server, and OpenTelemetry on its class: what they copy is sent to another company. */
function watch(target: { emit?: unknown }): { copied: string[]; stop: () => void } {
  const copied: string[] = [];
  const emit = target.emit as Emit;
  const isOwn = Object.hasOwn(target, 'emit');
  target.emit = function (this: unknown, event: string, ...given: unknown[]) {
    const request = given[0] as Partial<IncomingMessage> | undefined;
    if (request?.headers)
      copied.push(JSON.stringify([event, request.headers, request.headersDistinct, request.rawHeaders]));
    return emit.call(this, event, ...given);
  };
  const stop = (): void => {
    if (isOwn) target.emit = emit;
    else delete target.emit;
  };
  return { copied, stop };
}

describe.each(ADAPTERS)('what watches the process of an application on %s', adapter => {
  let world: World;
  let app: TestApp;
  let stop: () => void = () => undefined;
  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, { adapter, controllers: [OrdersController] });
  });
  afterEach(() => stop());
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });

  const server = (): Server => app.app.getHttpServer() as Server;
  const get = (path: string, token: string) => fetch(app.url + path, { headers: { authorization: `Bearer ${token}` } });

  it.each<[string, () => { emit?: unknown }]>([
    ['the server', server],
    ['the class of the server', () => Server.prototype],
  ])('copies no token in place of emit() of %s, and the call is answered', async (_what, target) => {
    const watched = watch(target());
    stop = watched.stop;
    const token = world.userToken();
    expect(await (await get('/orders', token)).json()).toEqual({ user: 'alice' });
    expect((await get('/orders/open', token)).status).toBe(200);
    expect((await get('/nowhere', token)).status).toBe(404);
    expect(watched.copied.filter(one => one.startsWith('["request"')).length).toBeGreaterThanOrEqual(3);
    expect(watched.copied.join()).not.toContain(token.split('.')[2]);
  });

  it('copies no token of a request that is refused before any code of the application', async () => {
    const watched = watch(server());
    stop = watched.stop;
    const token = world.userToken();
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-host': token };
    app.auditLog.events.length = 0;
    expect((await fetch(`${app.url}/orders/open`, { headers })).status).toBe(400);
    expect(app.auditLog.events).toMatchObject([{ type: 'admission.refused', reason: 'request_malformed' }]);
    expect(watched.copied.length).toBeGreaterThan(0);
    expect(watched.copied.join()).not.toContain(token.split('.')[2]);
  });

  it('sees no token where a client waits to be told to go on', async () => {
    const seen: string[] = [];
    const onContinue = (request: IncomingMessage, response: ServerResponse): void => {
      seen.push(JSON.stringify(request.rawHeaders));
      response.writeContinue();
      server().emit('request', request, response);
    };
    server().on('checkContinue', onContinue);
    stop = () => void server().off('checkContinue', onContinue);
    const token = world.userToken();
    const headers = { authorization: `Bearer ${token}`, expect: '100-continue', 'content-length': '0' };
    const asked = httpRequest(`${app.url}/orders`, { method: 'POST', headers });
    asked.end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    expect([response.statusCode, seen.length]).toEqual([201, 1]);
    expect(seen.join()).not.toContain(token.split('.')[2]);
  });
});
