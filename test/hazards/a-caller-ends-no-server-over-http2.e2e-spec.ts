import { connect, type OutgoingHttpHeaders } from 'node:http2';
import { Controller, Get } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Authenticated, Identity, Public } from 'nestjs-eie';
import { startHttp2 } from '../support/http2.js';
import { startWorld, type World } from '../support/world.js';

const TEXT = 'AAAAAAAAAAAAAAAAAAAAAAAA';

@Controller()
class Handlers {
  @Get('open')
  @Public({ reason: 'everybody may read it' })
  open() {
    return 'open';
  }

  @Get('me')
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }
}

describe('over HTTP/2', () => {
  let world: World;
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    world = await startWorld();
    app = await startHttp2(world, [Handlers], {
      routes: [{ method: 'GET', path: '/legacy/*', access: 'unmanaged', reason: 'an application of its own' }],
    });
    url = await app.getUrl();
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });

  function ask(headers: OutgoingHttpHeaders): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const client = connect(url);
      const request = client.on('error', reject).request(headers);
      let [status, text] = [0, ''];
      request.on('response', answer => (status = Number(answer[':status'])));
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      request.on('error', reject).on('end', () => {
        client.close();
        resolve({ status, text });
      });
      request.end();
    });
  }

  it.each<[string, OutgoingHttpHeaders]>([
    ['a bearer token', { authorization: `Bearer ${TEXT}` }],
    ['a transaction token', { 'txn-token': TEXT }],
    ['credentials for a proxy', { 'proxy-authorization': `Bearer ${TEXT}` }],
  ])('a request is answered though its path holds the text of %s', async (_what, headers) => {
    expect(await ask({ ':path': `/open?x=${TEXT}`, ...headers })).toEqual({ status: 200, text: 'open' });
    expect((await ask({ ':path': `/open/${TEXT}`, ...headers })).status).toBe(404);
  });

  it('a request is refused whose token stands in what names its server or its method, and the next one is answered', async () => {
    const token = world.userToken();
    for (const [name, status] of [
      [':method', 404],
      [':authority', 400],
      ['origin', 400],
    ] as const)
      expect((await ask({ ':path': '/open', [name]: TEXT, authorization: `Bearer ${TEXT}` })).status).toBe(status);
    expect(await ask({ ':path': '/me', authorization: `Bearer ${token}` })).toEqual({ status: 200, text: 'alice' });
  });

  it('a request is answered where an application that Nest does not know has the path with a token for this server', async () => {
    expect((await ask({ ':path': `/legacy/x?t=${world.userToken()}` })).status).toBe(404);
    expect((await ask({ ':path': '/open' })).status).toBe(200);
  });
});
