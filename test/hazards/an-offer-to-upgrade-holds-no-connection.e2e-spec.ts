import { type IncomingMessage, request as send, type Server } from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';
import { Controller, Get, Module, type Type } from '@nestjs/common';
import { type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EieModule, Public } from 'nestjs-eie';
import { RecordingLog } from '../support/app.js';
import { MCP, startWorld, type World } from '../support/world.js';

@Controller()
class Handlers {
  @Get('open')
  @Public({ reason: 'everybody may read it' })
  open() {
    return 'open';
  }
}

describe('a request that offers to upgrade its connection', () => {
  let world: World;
  let app: INestApplication;
  let server: Server;

  beforeEach(async () => {
    world = await startWorld();
    const eie = EieModule.forRoot({
      resource: MCP,
      issuers: [world.issuerOptions()],
      signing: 'ephemeral',
      audit: { log: new RecordingLog() },
    });
    class Root {}
    Module({ imports: [eie], controllers: [Handlers as Type] })(Root);
    app = await NestFactory.create(Root, { logger: false });
    await app.listen(0, '127.0.0.1');
    server = app.getHttpServer() as Server;
  });
  afterEach(async () => {
    await app?.close();
    await world?.close();
  });

  const offer = (headers: Record<string, string> = {}) =>
    send({
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      path: '/open',
      headers: { connection: 'upgrade', upgrade: 'h2c', ...headers },
    });

  it('is answered as any other where the application takes none', async () => {
    const status = await new Promise((resolve, reject) => {
      offer()
        .on('response', response => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });

  it('shows no token to a listener of the application', async () => {
    const seen = new Promise<IncomingMessage>(resolve =>
      server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
        socket.destroy();
        resolve(request);
      }),
    );
    offer({ authorization: 'Bearer the-token-of-somebody' })
      .on('error', () => undefined)
      .end();
    const { headers, rawHeaders } = await seen;
    expect([headers.authorization, rawHeaders.join(' ')]).toEqual([
      undefined,
      expect.not.stringContaining('the-token'),
    ]);
  });
});
