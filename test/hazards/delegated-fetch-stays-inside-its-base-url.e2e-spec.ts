import { Controller, Get } from '@nestjs/common';
import fc from 'fast-check';
import { Authenticated, Delegated, type DelegatedFetch, path } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

let world: World;
let api: Loopback;
/** Another origin, on the same machine. */
let elsewhere: Loopback;
let attempt: (orders: DelegatedFetch) => Promise<Response>;

@Controller()
class Handlers {
  @Get('call')
  @Authenticated()
  async call(@Delegated('orders_api') orders: DelegatedFetch) {
    return attempt(orders).then(
      async response => ({ status: response.status, body: await response.text() }),
      (error: { code?: string; name: string }) => ({ refused: error.code ?? error.name }),
    );
  }
}

describe('a delegated fetch', () => {
  beforeAll(async () => {
    world = await startWorld();
    elsewhere = await startLoopback();
    api = await startLoopback((request, response) => {
      const { searchParams } = new URL(request.url!, 'http://api');
      const location = searchParams.get('to');
      if (location) response.writeHead(Number(searchParams.get('status') ?? 302), { location });
      response.end(location ? undefined : JSON.stringify({ path: request.url }));
    });
  });
  afterAll(() => Promise.all([world.close(), api.close(), elsewhere.close()]));

  describe.each(ADAPTERS)('on %s', adapter => {
    let shop: TestApp;

    beforeAll(async () => {
      const orders_api = {
        mode: 'on_behalf_of' as const,
        baseUrl: `${api.url}/shop/v1`,
        issuer: world.issuer,
        resource: ORDERS,
        scopes: ['orders:read'],
      };
      shop = await startApp(world, { adapter, controllers: [Handlers], options: { targets: { orders_api } } });
    });
    afterAll(() => shop.close());
    beforeEach(() => {
      api.requests.length = 0;
      elsewhere.requests.length = 0;
    });

    async function tried(call: typeof attempt): Promise<any> {
      attempt = call;
      return (await fetch(`${shop.url}/call`, { headers: { authorization: `Bearer ${world.userToken()}` } })).json();
    }

    it.each([
      ['/orders/1', '/shop/v1/orders/1'],
      ['orders/1', '/shop/v1/orders/1'],
      ['/', '/shop/v1/'],
      ['', '/shop/v1/'],
      ['?page=2', '/shop/v1?page=2'],
      ['/orders?next=/../..%2f', '/shop/v1/orders?next=/../..%2f'],
      ['/a..b/c.json', '/shop/v1/a..b/c.json'],
      ['/orders/..a;v=1', '/shop/v1/orders/..a;v=1'],
      ['/caf%C3%A9/100%25', '/shop/v1/caf%C3%A9/100%25'],
    ])('%j goes to %s, with its credentials', async (path, expected) => {
      expect(await tried(orders => orders(path))).toMatchObject({ status: 200 });
      expect(api.requests.map(({ url }) => url)).toEqual([expected]);
      expect(api.requests[0]!.headers).toMatchObject({
        authorization: expect.stringMatching(/^Bearer ./),
        'txn-token': expect.any(String),
        traceparent: expect.any(String),
      });
    });

    const outside = () => [
      '..',
      '../admin',
      '/..',
      '/../admin',
      '/orders/../../admin',
      './orders',
      '/orders/.',
      '/orders/..',
      '/%2e%2e/admin',
      '/%2E%2E/admin',
      '/.%2e/admin',
      '/orders%2f..%2fadmin',
      '/%5c..',
      '\\admin',
      '/\\evil.test',
      '\\\\evil.test/',
      '/orders\\..\\..\\admin',
      '//evil.test/',
      '///evil.test',
      '/..;/..;/admin',
      '/orders/..;a=1/admin',
      '/.;x',
      '/%252e%252e%252fadmin',
      '/%25252e%25252e/admin',
      '/orders%255c..%255cadmin',
      '/．．/admin',
      '/..／admin',
      '/%EF%BC%8E%EF%BC%8E/admin',
      '/%c0%ae%c0%ae/admin',
      '/orders/100%',
      '/orders/%00',
      '/or\tders',
      '/or\nders',
      ' /orders',
      '\u0000/orders',
      `${elsewhere.url}/shop/v1/orders`,
      elsewhere.url,
      `${api.url}/admin`,
      `${api.url}/shop/v1x`,
      `${api.url}/shop/v1/../v2`,
      api.url,
      api.url.replace('http:', 'https:') + '/shop/v1',
      api.url.replace('127.0.0.1', 'localhost') + '/shop/v1',
      api.url.replace('://', '://user:secret@') + '/shop/v1',
      `${api.url}@${elsewhere.url.slice(7)}/shop/v1`,
      `${api.url}.evil.test/shop/v1`,
      `http:/shop/v1`,
      'http:evil.test',
      'file:///etc/passwd',
      'data:text/plain,x',
      'blob:x',
      'javascript:1',
    ];

    it('every other spelling of a way out is refused, and nothing is sent anywhere', async () => {
      const [minted, records] = [world.minted.length, shop.auditLog.events.length];
      for (const way of outside())
        expect([way, await tried(orders => orders(way))]).toEqual([way, { refused: 'target_url_refused' }]);
      expect([api.requests, elsewhere.requests]).toEqual([[], []]);
      // The only tokens since are those that the test called with.
      expect(world.minted.length - minted).toBe(outside().length);
      const refusals = shop.auditLog.events.slice(records).filter(event => event.type === 'delegation.refused');
      expect(refusals.map(({ reason, actor_sub }) => [reason, actor_sub])).toEqual(
        outside().map(() => ['target_url_refused', 'alice']),
      );
    });

    it('whatever the model writes for an id reaches the API as the one last segment, or nothing is sent', async () => {
      const unit = fc.oneof(
        fc.constantFrom('.', '/', '\\', '%', ';', '2', 'e', 'f', '?', '#', '．'),
        fc.string({ maxLength: 1 }),
      );
      const ids = fc.sample(
        fc.array(unit, { maxLength: 6 }).map(all => all.join('')),
        200,
      );
      const answers = await tried(async orders => {
        const seen: { id: string; sent: boolean }[] = [];
        for (const id of ids) {
          const sent = await (async () => orders(path`/orders/${id}`))().then(
            async response => (await response.body?.cancel(), true),
            (error: { code?: string }) => (expect(error.code).toBe('target_url_refused'), false),
          );
          seen.push({ id, sent });
        }
        return new Response(JSON.stringify(seen));
      });
      const sent = (JSON.parse(answers.body) as { id: string; sent: boolean }[]).filter(one => one.sent);
      expect(sent.length).toBeGreaterThan(10);
      expect(api.requests.map(({ url }) => url.split('/').map(decodeURIComponent))).toEqual(
        sent.map(({ id }) => ['', 'shop', 'v1', 'orders', id]),
      );
    });

    it('an encoded slash in the base URL is kept, and none that a caller adds passes by it', async () => {
      const baseUrl = `${api.url}/projects/shop%2Forders`;
      const orders_api = {
        mode: 'on_behalf_of' as const,
        baseUrl,
        issuer: world.issuer,
        resource: ORDERS,
        scopes: ['orders:read'],
      };
      const own = await startApp(world, { adapter, controllers: [Handlers], options: { targets: { orders_api } } });
      const asked = async (input: string) => {
        attempt = orders => orders(input);
        return (await fetch(`${own.url}/call`, { headers: { authorization: `Bearer ${world.userToken()}` } })).json();
      };
      for (const way of ['/issues', `${baseUrl}/issues`])
        expect(await asked(way)).toMatchObject({ status: 200, body: '{"path":"/projects/shop%2Forders/issues"}' });
      for (const end of ['%2F..%2Fadmin', '/a%2Fb', '/..', '/%2e%2e/x', '../x', 'x'])
        expect([end, await asked(`${baseUrl}${end}`)]).toEqual([end, { refused: 'target_url_refused' }]);
      expect(api.requests).toHaveLength(2);
      await own.close();
    });

    it('a URL or Request object has no more freedom than text', async () => {
      expect(await tried(orders => orders(new URL(`${elsewhere.url}/shop/v1`)))).toEqual({
        refused: 'target_url_refused',
      });
      expect(await tried(orders => orders(new Request(`${elsewhere.url}/shop/v1`)))).toEqual({
        refused: 'target_url_refused',
      });
      expect(await tried(orders => orders({ toString: () => `${elsewhere.url}/shop/v1` } as never))).toEqual({
        refused: 'target_url_refused',
      });
      expect(
        await tried(orders => orders(new Request(`${api.url}/shop/v1/orders`, { headers: { accept: 'text/html' } }))),
      ).toMatchObject({ status: 200 });
      expect(elsewhere.requests).toEqual([]);
    });

    it.each([
      'Authorization',
      'authorization',
      'Proxy-Authorization',
      'Cookie',
      'DPoP',
      'Txn-Token',
      'TXN-TOKEN',
      'traceparent',
    ])("a header %s of the tool's own is refused, and nothing is sent", async name => {
      const ways: (typeof attempt)[] = [
        orders => orders('/orders', { headers: { [name]: 'x' } }),
        orders => orders('/orders', { headers: [[name, 'x']] }),
        orders => orders('/orders', { headers: new Headers({ [name]: 'x' }) }),
        orders => orders(new Request(`${api.url}/shop/v1/orders`, { headers: { [name]: 'x' } })),
      ];
      for (const way of ways) expect(await tried(way)).toEqual({ refused: 'target_request_refused' });
      expect(api.requests).toEqual([]);
      expect(shop.auditLog.last('delegation.refused')).toMatchObject({
        reason: 'target_request_refused',
        actor_sub: 'alice',
        target: 'orders_api',
      });
    });

    it.each([301, 302, 303, 307, 308])(
      'a redirect (%i) elsewhere is refused, and the token does not follow it',
      async status => {
        for (const to of [
          `${elsewhere.url}/shop/v1/orders`,
          `//${elsewhere.url.slice(7)}/shop/v1`,
          '/admin',
          '../../admin',
          `${api.url}/shop/v1/../../admin`,
          '/shop/v1/%2e%2e/%2e%2e/admin',
          '/shop/v1/..%2f..%2fadmin',
          'http://[',
          'javascript:1',
        ]) {
          for (const redirect of [{}, { redirect: 'follow' as const }]) {
            const answer = await tried(orders =>
              orders(`/moved?status=${status}&to=${encodeURIComponent(to)}`, redirect),
            );
            expect([to, answer]).toEqual([to, { refused: 'target_redirect_refused' }]);
          }
        }
        expect(elsewhere.requests).toEqual([]);
        expect(api.requests.filter(({ url }) => !url.startsWith('/shop/v1/moved'))).toEqual([]);
        expect(shop.auditLog.last('delegation.outcome')).toMatchObject({
          outcome: 'failed',
          reason: 'target_redirect_refused',
          actor_sub: 'alice',
        });
      },
    );

    it('a redirect that stays inside is followed, an endless one and one of a write are not', async () => {
      expect(await tried(orders => orders('/moved?to=/shop/v1/orders'))).toMatchObject({
        status: 200,
        body: '{"path":"/shop/v1/orders"}',
      });
      expect(await tried(orders => orders('/moved?to=orders'))).toMatchObject({
        status: 200,
        body: '{"path":"/shop/v1/orders"}',
      });
      expect(await tried(orders => orders('/moved?to=/shop/v1/orders', { method: 'POST', body: '1' }))).toEqual({
        refused: 'target_redirect_refused',
      });
      api.requests.length = 0;
      const circle = (turns: number): string =>
        turns ? `/shop/v1/moved?to=${encodeURIComponent(circle(turns - 1))}` : '/shop/v1/orders';
      expect(await tried(orders => orders(circle(5).slice('/shop/v1'.length)))).toEqual({
        refused: 'target_redirect_refused',
      });
      expect(api.requests).toHaveLength(4);
    });
  });
});
