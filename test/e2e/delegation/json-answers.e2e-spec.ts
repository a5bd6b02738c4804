import { type IncomingMessage, type ServerResponse } from 'node:http';
import { IsString } from 'class-validator';
import { Controller, Get } from '@nestjs/common';
import { Delegated, type DelegatedFetch, EieError, path, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, ERAS, startMcpApp, type TestApp } from '../../support/app.js';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { ordersTarget } from '../../support/orders.js';
import { until } from '../../support/until.js';
import { startWorld, type World } from '../../support/world.js';

/** What a target writes into an error, and nobody behind it may read. */
const DETAIL = 'row 17 of table customers';

class OrderQuery {
  @IsString()
  order_id: string;
}

@ToolController()
@RequireScopes('orders:read')
class Tools {
  @Tool({ name: 'get_order' })
  order(@ToolInput() { order_id }: OrderQuery, @Delegated('orders_api') orders: DelegatedFetch) {
    return orders.json(path`/orders/${order_id}`);
  }
}

@Controller('order')
class OrderController {
  @Get()
  @RequireScopes('orders:read')
  order(@Delegated('orders_api') orders: DelegatedFetch) {
    return orders.json('/orders/1');
  }
}

let world: World;
let api: Loopback;
let respond: (request: IncomingMessage, response: ServerResponse) => unknown;
const answer =
  (status: number, body?: string): typeof respond =>
  (_request, response) =>
    response.writeHead(status).end(body);

describe('answers as JSON', () => {
  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback((request, response) => respond(request, response));
  });
  afterAll(() => Promise.all([api.close(), world.close()]));
  beforeEach(() => {
    api.requests.length = 0;
  });

  describe('json() of a delegated fetch', () => {
    let app: DelegatingApp;

    beforeAll(async () => {
      app = await startDelegating(world, {
        options: { targets: { orders_api: ordersTarget(world, `${api.url}/v1`) } },
      });
    });
    afterAll(() => app.close());

    const run = <T>(use: (orders: DelegatedFetch) => Promise<T>) => app.as(world.userToken(), use);
    const failure = (use: (orders: DelegatedFetch) => Promise<unknown>) =>
      run(orders =>
        use(orders).then(
          value => {
            throw new Error(`resolved with ${JSON.stringify(value)}`);
          },
          (error: unknown) => error,
        ),
      );

    it.each<[status: number, body: string | undefined, value: unknown]>([
      [200, '{"id":"A-1"}', { id: 'A-1' }],
      [201, '[1]', [1]],
      [200, 'null', null],
      [299, '"a"', 'a'],
      [200, '', undefined],
      [204, undefined, undefined],
      [205, undefined, undefined],
    ])('resolves with what a %i says (%j)', async (status, body, value) => {
      respond = answer(status, body);
      expect(await run(orders => orders.json('/orders'))).toEqual(value);
    });

    it.each([300, 304, 400, 401, 403, 404, 409, 422, 429, 500, 503])(
      'rejects a %i with its status, and with nothing that the target wrote',
      async status => {
        respond = answer(status, status === 304 ? undefined : JSON.stringify({ detail: DETAIL }));
        const error = await failure(orders => orders.json('/orders'));
        expect(error).toBeInstanceOf(EieError);
        expect(error).toMatchObject({
          code: 'target_failed',
          message: 'The target answered with an error.',
          targetStatus: status,
        });
        expect(error).not.toHaveProperty('cause');
        expect(JSON.stringify([error, Object.entries(error as object), (error as Error).stack])).not.toContain(DETAIL);
        expect(app.auditLog.last('delegation.outcome')).toMatchObject({
          reason: status < 400 ? null : `http_${status}`,
          actor_sub: 'alice',
        });
      },
    );

    it.each(['<html>', '{"a":', 'undefined', `{"detail":"${DETAIL}"} and more`, ' '])(
      'rejects a 200 that is not JSON (%j), and quotes nothing of it',
      async body => {
        respond = answer(200, body);
        const error = await failure(orders => orders.json('/orders'));
        expect(error).toMatchObject({ code: 'target_failed', targetStatus: 200 });
        expect(error).not.toHaveProperty('cause');
        expect(JSON.stringify([error, (error as Error).message, (error as Error).stack])).not.toContain(DETAIL);
      },
    );

    it('ends an error answer that never ends', async () => {
      let gone = (): void => {};
      const closed = new Promise<void>(resolve => (gone = resolve));
      respond = (_request, response) => {
        response.once('close', gone);
        response.writeHead(500).write(DETAIL);
      };
      expect(await failure(orders => orders.json('/orders'))).toMatchObject({
        code: 'target_failed',
        targetStatus: 500,
      });
      await closed;
    });

    it('says that the target is unavailable when its answer breaks off, and nothing of why', async () => {
      respond = (_request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"id":1}\n');
        setImmediate(() => response.destroy());
      };
      const error = await failure(orders => orders.json('/orders'));
      expect(error).toMatchObject({ code: 'target_unavailable' });
      expect(error).not.toHaveProperty('cause');
    });

    it('rejects an answer that echoes its credential', async () => {
      respond = (request, response) => response.end(JSON.stringify(request.headers));
      expect(await failure(orders => orders.json('/orders'))).toMatchObject({ code: 'target_response_refused' });
    });

    it.each<[form: string, ask: (orders: DelegatedFetch, signal: AbortSignal) => Promise<unknown>]>([
      ['options', (orders, signal) => orders.json('/orders', { signal })],
      ['a Request', (orders, signal) => orders.json(new Request(`${api.url}/v1/orders`, { signal }))],
    ])('stops for the signal of its caller (in %s), while the answer comes too', async (_form, ask) => {
      const [abort, why] = [new AbortController(), new Error('no longer needed')];
      const begun = () => app.auditLog.types().filter(type => type === 'delegation.outcome').length;
      respond = (_request, response) => response.write('{"id":1}\n');
      const error = await failure(async orders => {
        const before = begun();
        const asked = ask(orders, abort.signal);
        await until(() => begun() > before);
        abort.abort(why);
        return asked;
      });
      expect(error).toBe(why);
    });

    it('asks for JSON unless its caller asks for something else, and sends what it is given', async () => {
      const sent: [method: string, accept: string, body: string][] = [];
      respond = async (request, response) => {
        const body = Buffer.concat((await request.toArray()) as Buffer[]).toString();
        sent.push([request.method!, request.headers.accept!, body]);
        response.end('{}');
      };
      await run(async orders => {
        await orders.json('/orders');
        await orders.json('/orders', { method: 'POST', body: '{"n":1}', headers: { 'x-a': '1' } });
        await orders.json('/orders', { headers: { Accept: 'application/hal+json' } });
        await orders.json(new Request(`${api.url}/v1/orders`, { headers: { accept: 'text/plain' } }));
        await orders.json(new Request(`${api.url}/v1/orders`, { method: 'PUT', body: 'x' }));
        await orders('/orders');
      });
      expect(sent).toEqual([
        ['GET', 'application/json', ''],
        ['POST', 'application/json', '{"n":1}'],
        ['GET', 'application/hal+json', ''],
        ['GET', 'text/plain', ''],
        ['PUT', 'application/json', 'x'],
        ['GET', '*/*', ''],
      ]);
    });

    it('refuses the paths and headers that the fetch refuses, and sends nothing', async () => {
      for (const [refused, code] of [
        [(orders: DelegatedFetch) => orders.json('/..;/admin'), 'target_url_refused'],
        [(orders: DelegatedFetch) => orders.json('/', { headers: { authorization: 'x' } }), 'target_request_refused'],
      ] as const)
        expect(await failure(refused)).toMatchObject({ code });
      expect(api.requests).toEqual([]);
    });
  });

  describe.each(ADAPTERS)('an API that answers with 403 on %s', adapter => {
    let shop: TestApp;
    const lines: string[] = [];
    beforeAll(async () => {
      shop = await startMcpApp(world, {
        adapter,
        providers: [Tools],
        controllers: [OrderController],
        options: {
          targets: { orders_api: ordersTarget(world, `${api.url}/v1`) },
          ports: { diagnostics: { report: ({ message }) => void lines.push(message) } },
        },
      });
    });
    afterAll(() => shop.close());
    beforeEach(() => {
      respond = answer(403, JSON.stringify({ detail: DETAIL }));
    });

    it.each(ERAS)('is an error for the model, not a result (%s)', async era => {
      const client = await connect(shop.url, world.userToken(), era);
      const failed = await client.callTool({ name: 'get_order', arguments: { order_id: 'A-1' } });
      expect(failed).toMatchObject({
        isError: true,
        content: [{ type: 'text', text: 'The target answered with an error.' }],
        structuredContent: { code: 'target_failed' },
      });
      expect(JSON.stringify(failed)).not.toMatch(/403|customers/);
      expect(shop.auditLog.last('delegation.outcome')).toMatchObject({ outcome: 'refused', reason: 'http_403' });
      expect(shop.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'target_failed' });
      respond = answer(200, '{"status":"shipped"}');
      expect(await callTool(client, 'get_order', { order_id: 'A-1' })).toMatchObject({
        isError: false,
        json: { status: 'shipped' },
      });
      await client.close();
    });

    it('is a 502 of an HTTP handler, without a challenge', async () => {
      const response = await fetch(`${shop.url}/order`, { headers: { authorization: `Bearer ${world.userToken()}` } });
      expect([response.status, response.headers.get('www-authenticate'), await response.text()]).toEqual([
        502,
        null,
        '{"statusCode":502,"message":"Bad Gateway"}',
      ]);
    });

    it('or with a page and status 200: its operator is told that it is no JSON, and not to look for an error', async () => {
      respond = answer(200, '<html>');
      lines.length = 0;
      await fetch(`${shop.url}/order`, { headers: { authorization: `Bearer ${world.userToken()}` } });
      expect(lines).toEqual([
        expect.stringMatching(/^target_failed .*The answer is a success whose body is not JSON.*correct baseUrl/),
      ]);
      expect(lines[0]).not.toContain('401 or 403');
    });

    it('does not let the model choose another resource of the API', async () => {
      const client = await connect(shop.url, world.userToken());
      api.requests.length = 0;
      for (const order_id of ['../admin', '..', 'A-1/../../admin', '%2e%2e', '..;', '\u0000'])
        expect(await callTool(client, 'get_order', { order_id })).toMatchObject({
          isError: true,
          code: 'target_url_refused',
        });
      expect(api.requests).toEqual([]);
      await client.close();
    });
  });
});
