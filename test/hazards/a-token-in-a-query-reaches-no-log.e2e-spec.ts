import { type IncomingMessage, Server } from 'node:http';
import { connect } from 'node:http2';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { Controller, Get, Query, Req } from '@nestjs/common';
import { Authenticated, Identity, Public } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { startHttp2 } from '../support/http2.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

/** What an access log, or a tool that watches the process, would send elsewhere. */
const seen: string[] = [];

@Controller('orders')
class OrdersController {
  @Get()
  @Authenticated()
  list(@Identity('actor.sub') user: string) {
    return { user };
  }

  @Get('open')
  @Public({ reason: 'Anybody may see what is for sale.' })
  open(@Query() query: object, @Req() request: object) {
    seen.push(inspect(request, { depth: 4, showHidden: true, maxStringLength: null }));
    return query;
  }
}

type Emit = (this: unknown, event: string, ...given: unknown[]) => boolean;

describe('a token that a client sends in the query (RFC 6750 §2.3)', () => {
  let world: World;
  let app: TestApp | undefined;
  const { emit } = Server.prototype as { emit: Emit };
  beforeAll(async () => {
    world = await startWorld();
    Server.prototype.emit = function (this: unknown, event: string, ...given: unknown[]) {
      if (event === 'request') seen.push((given[0] as IncomingMessage).url!);
      return emit.call(this, event, ...given);
    } as never;
  });
  beforeEach(() => void (seen.length = 0));
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });
  afterAll(async () => {
    Server.prototype.emit = emit as never;
    await world?.close();
  });

  const start = async (adapter: (typeof ADAPTERS)[number]) =>
    (app = await startApp(world, {
      adapter,
      controllers: [OrdersController],
      prepare: nest =>
        void nest.use((request: IncomingMessage & { originalUrl?: string }, _response: unknown, next: () => void) => {
          seen.push(inspect(request, { depth: 4, showHidden: true, maxStringLength: null }));
          next();
        }),
    }));

  it.each(ADAPTERS)(
    'is refused on %s, and neither the process nor a middleware nor a handler is shown it',
    async adapter => {
      const { url, auditLog } = await start(adapter);
      const token = world.userToken();
      const query = `page=2&access_token=${token}&sort=name`;
      expect((await fetch(`${url}/orders?${query}`)).status).toBe(400);
      expect(auditLog.events).toMatchObject([{ type: 'admission.refused', reason: 'request_malformed' }]);
      const withBoth = {
        headers: { authorization: `Bearer ${token}`, referer: `https://shop.test/?access_token=${token}` },
      };
      expect((await fetch(`${url}/orders?${query}`, withBoth)).status).toBe(400);
      expect((await fetch(`${url}/nowhere?${query}`)).status).toBe(404);
      const open = await fetch(`${url}/orders/open?${query}`);
      expect(await open.json()).toEqual({ page: '2', access_token: '', sort: 'name' });
      expect(seen.length).toBeGreaterThanOrEqual(8);
      expect(seen.join()).not.toContain(token.split('.')[2]);
    },
  );

  it.each(ADAPTERS)('is left to a public handler of %s where it is for another server', async adapter => {
    const { url } = await start(adapter);
    const token = world.userToken({ resource: ORDERS });
    for (const foreign of [token, 'an-opaque-token-of-somebody'])
      expect(await (await fetch(`${url}/orders/open?access_token=${foreign}`)).json()).toEqual({
        access_token: foreign,
      });
  });

  it('is shown to no handler over HTTP/2, which has the URL as a header', async () => {
    const nest = await startHttp2(world, [OrdersController]);
    const token = world.userToken();
    const client = connect(`http://127.0.0.1:${(nest.getHttpServer().address() as AddressInfo).port}`);
    const answer = await text(client.request({ ':path': `/orders/open?access_token=${token}` }));
    expect(JSON.parse(answer)).toEqual({ access_token: '' });
    expect(seen.length).toBe(1);
    expect(seen.join()).not.toContain(token.split('.')[2]);
    client.close();
    await nest.close();
  });
});
