import { connect, createServer } from 'node:http2';
import { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HttpRequest, networkHolder, whenClosed } from './http-request.js';

describe('a response that has closed', () => {
  it('is known as closed over HTTP/2 too, where it says so in its stream alone', async () => {
    const server = createServer();
    const closed = new Promise<void>(resolve =>
      server.on('request', (_request, response) => {
        response.stream.on('error', () => undefined);
        response.stream.once('close', () => setImmediate(() => whenClosed(response as never, resolve)));
      }),
    );
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => undefined);
    stream.end();
    await sleep(20);
    stream.close();
    await closed;
    session.destroy();
    server.close();
  });
});

describe('who shares a look-up', () => {
  const from = (remoteAddress: string) => networkHolder({ socket: { remoteAddress } } as HttpRequest);

  it.each([
    ['an address of IPv4 for itself', '192.0.2.1', ['192.0.2.1']],
    ['a network of IPv6 as one', '2001:db8:1:2:3:4:5:6', ['2001:db8:1:2']],
    ['the same network where zeros are left out', '2001:db8:1:2::6', ['2001:db8:1:2']],
    ['a network of zeros', '2001:db8::6', ['2001:db8:0:0']],
    ['an address of IPv4 in IPv6 for itself', '::ffff:192.0.2.1', ['::ffff:192.0.2.1']],
  ])('is %s', (_what, address, holder) => expect(from(address)).toEqual(holder));
});
