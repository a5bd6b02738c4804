import { type IncomingMessage, type Server } from 'node:http';
import { Controller, Get, Req } from '@nestjs/common';
import { Authenticated } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { sendRaw } from '../support/loopback.js';
import { beforeTheEdge } from '../support/wire.js';
import { startWorld, type World } from '../support/world.js';

let seen = '';

@Controller()
class Looking {
  @Get('look')
  @Authenticated()
  look(@Req() request: IncomingMessage & { raw?: IncomingMessage }) {
    const node = request.raw ?? request;
    seen = JSON.stringify([request.headers, node.headers, node.rawHeaders, node.headersDistinct]);
    return 'looked';
  }
}

describe.each(ADAPTERS)('a copy of the token on %s', adapter => {
  let world: World;
  let app: TestApp;
  let isReadBefore: boolean;
  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      controllers: [Looking],
      prepare: application =>
        beforeTheEdge(application.getHttpServer() as Server, request => void (isReadBefore && request.headersDistinct)),
    });
  });
  afterAll(() => Promise.all([app, world].map(one => one?.close())));

  const NAMES = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf', 'x-copy'];

  it.each(NAMES)('in a header called %s is taken, and its caller is served', async name => {
    for (isReadBefore of [false, true]) {
      seen = '';
      const token = world.userToken();
      const headers = ['Authorization', `Bearer ${token}`, name, token, name, `again ${token}`, 'X-Keep', 'kept'];
      expect(await sendRaw(`${app.url}/look`, { headers })).toMatchObject({ status: 200, body: 'looked' });
      expect(seen).toContain('kept');
      expect(seen).not.toContain(token);
    }
  });

  it.each(NAMES)('leaves a header called %s that holds something else', async name => {
    isReadBefore = false;
    const headers = ['Authorization', `Bearer ${world.userToken()}`, name, 'something else'];
    expect(await sendRaw(`${app.url}/look`, { headers })).toMatchObject({ status: 200 });
    expect(seen).toContain('something else');
  });
});
