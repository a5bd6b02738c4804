import { type DelegatedFetch } from 'nestjs-eie';
import { GraphQLClient } from 'graphql-request';
import createClient from 'openapi-fetch';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { ordersTarget } from '../../support/orders.js';
import { startWorld, type World } from '../../support/world.js';

interface Order {
  id: string;
}
interface Paths {
  '/orders/{id}': {
    get: {
      parameters: { path: { id: string }; query?: { full?: boolean } };
      responses: {
        200: { content: { 'application/json': Order } };
        404: { content: { 'application/json': { why: string } } };
      };
    };
  };
  '/orders': {
    post: {
      requestBody: { content: { 'application/json': Order } };
      responses: { 201: { content: { 'application/json': Order } } };
    };
  };
}

describe('a client of another library that is given the delegated fetch', () => {
  let world: World;
  let api: Loopback;
  let app: DelegatingApp;
  let bodies: string[];

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback((request, response) => {
      void request.toArray().then(chunks => {
        bodies.push(Buffer.concat(chunks).toString());
        if (request.url === '/v1/graphql') return response.end('{"data":{"order":{"id":"7"}}}');
        if (request.url === '/v1/orders/none') return response.writeHead(404).end('{"why":"no such order"}');
        return response.writeHead(request.method === 'POST' ? 201 : 200).end('{"id":"7"}');
      });
    });
    app = await startDelegating(world, { options: { targets: { orders_api: ordersTarget(world, `${api.url}/v1`) } } });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([api.close(), world.close()]);
  });
  beforeEach(() => {
    bodies = [];
    api.requests.length = 0;
  });

  const run = <T>(use: (target: DelegatedFetch) => Promise<T>) => app.as(world.userToken(), use);
  const authenticated = () =>
    expect(
      api.requests.every(({ headers }) => headers.authorization?.startsWith('Bearer ') && headers['txn-token']),
    ).toBe(true);

  it('openapi-fetch: gets, posts, and reads an error of the API', async () => {
    await run(async orders => {
      const client = createClient<Paths>({ baseUrl: orders.baseUrl, fetch: orders });
      expect(
        await client
          .GET('/orders/{id}', { params: { path: { id: 'a/../b' }, query: { full: true } } })
          .catch((error: { code: string }) => error.code),
      ).toBe('target_url_refused');
      expect((await client.GET('/orders/{id}', { params: { path: { id: '7' }, query: { full: true } } })).data).toEqual(
        { id: '7' },
      );
      expect((await client.POST('/orders', { body: { id: '7' } })).response.status).toBe(201);
      expect((await client.GET('/orders/{id}', { params: { path: { id: 'none' } } })).error).toEqual({
        why: 'no such order',
      });
    });
    expect(api.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /v1/orders/7?full=true',
      'POST /v1/orders',
      'GET /v1/orders/none',
    ]);
    expect([bodies[1], api.requests[1]!.headers['content-type']]).toEqual(['{"id":"7"}', 'application/json']);
    authenticated();
  });

  it('graphql-request: asks with variables', async () => {
    const answer = await run(orders =>
      new GraphQLClient(`${orders.baseUrl}/graphql`, { fetch: orders }).request(
        'query ($id: ID!) { order(id: $id) { id } }',
        { id: '7' },
      ),
    );
    expect(answer).toEqual({ order: { id: '7' } });
    expect(JSON.parse(bodies[0]!)).toMatchObject({ variables: { id: '7' } });
    authenticated();
  });

  it('cannot be set up with another base URL, or with credentials of its own', async () => {
    await run(async orders => {
      await expect(
        createClient<Paths>({ baseUrl: 'https://evil.test', fetch: orders }).GET('/orders/{id}', {
          params: { path: { id: '7' } },
        }),
      ).rejects.toMatchObject({ code: 'target_url_refused' });
      const headers = { authorization: 'Bearer mine' };
      await expect(
        createClient<Paths>({ baseUrl: orders.baseUrl, fetch: orders, headers }).POST('/orders', { body: { id: '7' } }),
      ).rejects.toMatchObject({ code: 'target_request_refused' });
      await expect(
        new GraphQLClient(`${orders.baseUrl}/graphql`, { fetch: orders, headers }).request('{ order { id } }'),
      ).rejects.toMatchObject({ code: 'target_request_refused' });
    });
    expect(api.requests).toHaveLength(0);
  });
});
