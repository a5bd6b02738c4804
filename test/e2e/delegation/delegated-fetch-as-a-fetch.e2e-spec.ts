import { type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type DelegatedFetch } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { ordersTarget } from '../../support/orders.js';
import { until } from '../../support/until.js';
import { startWorld, type World } from '../../support/world.js';

/** Both end in a byte that no credential has: it need not wait to be told from the beginning of one. */
const [FIRST, SECOND] = ['{"first":1}\n', '{"second":2}\n'];

describe('the delegated fetch', () => {
  let world: World;
  let api: Loopback;
  let app: DelegatingApp;
  let respond: (request: IncomingMessage, response: ServerResponse) => unknown;

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback((request, response) => respond(request, response));
    const target = ordersTarget(world, `${api.url}/v1`);
    app = await startDelegating(world, {
      options: {
        targets: {
          orders_api: target,
          hasty_api: { ...target, timeout: 100 },
          lasting_api: { ...target, timeout: 1_000 },
        },
      },
    });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([api.close(), world.close()]);
  });
  beforeEach(() => {
    api.requests.length = 0;
    respond = (_request, response) => response.end('{}');
  });

  const run = <T>(use: (target: DelegatedFetch) => Promise<T>, target?: string) =>
    app.as(world.userToken(), use, target);
  const latch = () => {
    let open = (): void => {};
    return { opened: new Promise<void>(resolve => (open = resolve)), open: () => open() };
  };
  const text = (value: Uint8Array | undefined) => Buffer.from(value ?? []).toString();

  it('sends a body while it is made, and hands on an answer while it comes', async () => {
    const [arrived, read] = [latch(), latch()];
    respond = async (request, response) => {
      for await (const chunk of request) {
        if (String(chunk) === 'one ') arrived.open();
        else response.write(FIRST);
      }
      await read.opened;
      response.end(SECOND);
    };
    await run(async orders => {
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(Buffer.from('one '));
          await arrived.opened;
          controller.enqueue(Buffer.from('two'));
          controller.close();
        },
      });
      const reader = (await orders('/', { method: 'POST', body, duplex: 'half' } as RequestInit)).body!.getReader();
      expect(text((await reader.read()).value)).toBe(FIRST);
      read.open();
      expect(text((await reader.read()).value)).toBe(SECOND);
      expect((await reader.read()).done).toBe(true);
    });
  });

  it('hands on status, headers, address and bytes as they are', async () => {
    respond = (request, response) => {
      if (request.url === '/v1/old') return response.writeHead(302, { location: '/v1/new?x=1' }).end();
      response.writeHead(418, 'Short and stout', {
        'content-type': 'application/octet-stream',
        'x-one': '1',
        'set-cookie': ['a=1', 'b=2'],
      });
      return response.end(Buffer.from([0, 255, 128, 13, 10]));
    };
    await run(async orders => {
      for (const [path, url, redirected] of [
        ['/new?x=1', `${api.url}/v1/new?x=1`, false],
        ['/old', `${api.url}/v1/new?x=1`, true],
      ] as const) {
        const answer = await orders(path);
        expect({
          ok: answer.ok,
          status: answer.status,
          text: answer.statusText,
          url: answer.url,
          redirected: answer.redirected,
          cookies: answer.headers.getSetCookie(),
          one: answer.headers.get('x-one'),
        }).toEqual({
          ok: false,
          status: 418,
          text: 'Short and stout',
          url,
          redirected,
          cookies: ['a=1', 'b=2'],
          one: '1',
        });
        expect([...new Uint8Array(await answer.clone().arrayBuffer())]).toEqual([0, 255, 128, 13, 10]);
        expect((await answer.blob()).type).toBe('application/octet-stream');
      }
    });
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('hands on an answer without a body (%s, %i)', async (method, status) => {
    respond = (_request, response) => response.writeHead(status).end();
    const [answered, body] = await run(async orders =>
      orders('/', { method }).then(async answer => [answer.status, await answer.text()]),
    );
    expect([answered, body]).toEqual([status, '']);
  });

  describe('given up by its caller', () => {
    const why = new Error('no longer needed');
    const ending = () =>
      expect(app.auditLog.last('delegation.outcome')).toMatchObject({ outcome: 'failed', actor_sub: 'alice' });

    it('before it begins asks for no token and sends nothing', async () => {
      const minted = world.minted.length;
      await expect(run(orders => orders('/', { signal: AbortSignal.abort(why) }))).rejects.toBe(why);
      expect([api.requests.length, world.minted.length]).toEqual([0, minted + 1]);
      ending();
    });

    it('before the answer begins ends the request', async () => {
      const [abort, gone] = [new AbortController(), latch()];
      respond = request => {
        request.once('close', gone.open);
        abort.abort(why);
      };
      await expect(run(orders => orders('/', { signal: abort.signal }))).rejects.toBe(why);
      await gone.opened;
      ending();
    });

    const forms: [form: string, ask: (orders: DelegatedFetch, signal: AbortSignal) => Promise<Response>][] = [
      ['options', (orders, signal) => orders('/', { signal })],
      ['a Request', (orders, signal) => orders(new Request(`${api.url}/v1/`, { signal }))],
      ['options beside a Request', (orders, signal) => orders(new Request(`${api.url}/v1/`), { signal })],
    ];
    it.each(forms)(
      'while its answer comes ends the answer, though what it was asked with (%s) is long forgotten',
      async (_form, ask) => {
        setFlagsFromString('--expose-gc');
        const collectGarbage = runInNewContext('gc') as () => void;
        const [abort, gone] = [new AbortController(), latch()];
        respond = (_request, response) => {
          response.write(FIRST);
          response.once('close', gone.open);
        };
        await run(async orders => {
          const reader = (await ask(orders, abort.signal)).body!.getReader();
          expect(text((await reader.read()).value)).toBe(FIRST);
          for (let turn = 0; turn < 2; turn++) {
            collectGarbage();
            await sleep(1);
          }
          abort.abort(why);
          await expect(reader.read()).rejects.toBe(why);
        });
        await gone.opened;
      },
    );
  });

  it('lets go of an answer whose body nobody reads', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const open = new Set<ServerResponse>();
    respond = (_request, response) => {
      open.add(response);
      response.once('close', () => open.delete(response)).end(Buffer.alloc(20_000_000, '!'));
    };
    const CALLS = 10;
    await run(async orders => {
      for (let i = 0; i < CALLS; i++) expect((await orders('/')).status).toBe(200);
    });
    expect(open.size).toBeGreaterThan(0);
    await until(() => {
      collectGarbage();
      return open.size === 0;
    });
  });

  it('waits no longer than its target is given to begin, and as long as it takes to end', async () => {
    respond = () => undefined;
    await expect(run(hasty => hasty('/'), 'hasty_api')).rejects.toMatchObject({ code: 'target_unavailable' });
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({ outcome: 'failed', reason: 'target_unavailable' });
    respond = async (_request, response) => {
      response.write(FIRST);
      await sleep(1_200);
      response.end(SECOND);
    };
    expect(await run(async lasting => (await lasting('/')).text(), 'lasting_api')).toBe(FIRST + SECOND);
  });

  it('says that a target is unavailable, and nothing of why', async () => {
    respond = request => request.destroy();
    const error = await run(orders => orders('/').catch((caught: unknown) => caught));
    expect(error).toMatchObject({ code: 'target_unavailable' });
    expect(error).not.toHaveProperty('cause');
  });
});
