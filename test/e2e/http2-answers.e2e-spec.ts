import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { Controller, Get, Res, Sse } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Authenticated, IdentityRevocation } from 'nestjs-eie';
import { interval, map } from 'rxjs';
import { startHttp2 } from '../support/http2.js';
import { startWorld, type World } from '../support/world.js';

let onWriting: () => void;
let goOn: Promise<void>;

@Controller('orders')
@Authenticated()
class OrdersController {
  @Sse('stream')
  stream() {
    return interval(5).pipe(map(data => ({ data })));
  }

  @Get('late')
  async late(@Res() reply: { hijack(): void; raw: { writeHead(status: number): void; end(body: string): void } }) {
    reply.hijack();
    onWriting();
    await goOn;
    reply.raw.writeHead(200);
    reply.raw.end('a secret');
  }
}

describe('an answer over HTTP/2', () => {
  let world: World;
  let app: NestFastifyApplication;
  let client: ClientHttp2Session;

  beforeAll(async () => {
    world = await startWorld();
    app = await startHttp2(world, [OrdersController]);
    client = connect(await app.getUrl());
  });
  afterAll(async () => {
    client?.destroy();
    await app?.close();
    await world?.close();
  });

  const ask = (path: string, sub: string): ClientHttp2Stream =>
    client.request({ ':path': path, authorization: `Bearer ${world.userToken({ sub })}` });
  const revoke = (sub: string): Promise<unknown> => app.get(IdentityRevocation).purge({ issuer: world.issuer, sub });

  it('that a revocation ends is an error to its client, who would take half of it for the whole, and no other one on its connection', async () => {
    const [stream, other] = [ask('/orders/stream', 'alice'), ask('/orders/stream', 'bob')];
    await Promise.all([once(stream, 'data'), once(other, 'data')]);
    const failed = once(stream, 'error');
    const ended = once(stream, 'close').then(() => stream.readableEnded);
    await revoke('alice');
    expect(await Promise.race([failed.then(([error]) => (error as NodeJS.ErrnoException).code), ended])).toBe(
      'ERR_HTTP2_STREAM_ERROR',
    );
    await once(other, 'data');
    other.close(constants.NGHTTP2_CANCEL);
  });

  it('that a handler begins by itself after a revocation is an error, and holds nothing', async () => {
    let proceed = (): void => undefined;
    goOn = new Promise(resolve => (proceed = resolve));
    const writing = new Promise<void>(resolve => (onWriting = resolve));
    const stream = ask('/orders/late', 'bob');
    const received: unknown[] = [];
    stream.on('data', one => received.push(one)).on('response', one => received.push(one));
    await writing;
    await revoke('bob');
    const failed = once(stream, 'error');
    const ended = once(stream, 'close').then(() => 'an empty answer');
    proceed();
    expect(await Promise.race([failed.then(() => 'an error'), ended])).toBe('an error');
    expect(received).toEqual([]);
  });
});
