import { type DelegatedFetch } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../support/delegating-app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { ordersTarget } from '../support/orders.js';
import { tokensWithin } from '../support/reachable.js';
import { startWorld, type World } from '../support/world.js';

let world: World;
let api: Loopback;
let app: DelegatingApp;
/** All that the objects of the tool were ever given. */
let seen: unknown[];

describe('what a tool gives its fetch', () => {
  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback((request, response) => void request.resume().once('end', () => response.end('{}')));
    app = await startDelegating(world, { options: { targets: { orders_api: ordersTarget(world, `${api.url}/v1`) } } });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([api.close(), world.close()]);
  });
  beforeEach(() => {
    seen = [];
    api.requests.length = 0;
  });

  /** Node's fetch has one option more than the standard: what sends the request. It gets all headers. */
  const dispatcher = {
    dispatch(...given: [object, { onError(error: Error): void }]): boolean {
      seen.push(given);
      given[1].onError(new Error('caught'));
      return true;
    },
  };
  class Inheriting {
    get dispatcher() {
      return dispatcher;
    }
  }
  /** Has every member that it is asked for, and sees what it is called with. */
  const curious: RequestInit = new Proxy(
    { method: 'POST', body: 'x', headers: {} },
    {
      get: (target, name) =>
        name in target ? Reflect.get(target, name) : name === 'dispatcher' ? dispatcher : undefined,
      has: () => true,
    },
  );
  class CuriousRequest extends Request {
    override clone(): Request {
      seen.push(this);
      return super.clone();
    }
    override get headers(): Headers {
      const headers = super.headers;
      const set = headers.set.bind(headers);
      headers.set = (name, value) => (seen.push([name, value]), set(name, value));
      return headers;
    }
  }
  /** Kept by the tool, to be looked at after the call. */
  const kept = { headers: new Headers({ accept: '*/*' }), url: (): string => `${api.url}/v1/` };
  const withDispatcher = { dispatcher } as unknown as RequestInit;

  const ways: Record<string, (orders: DelegatedFetch) => Promise<Response>> = {
    'a dispatcher among the options': orders => orders('/', withDispatcher),
    'a dispatcher that the options inherit': orders => orders('/', new Inheriting() as RequestInit),
    'a dispatcher inside a Request': orders => orders(new Request(kept.url(), withDispatcher)),
    'a dispatcher inside a Request, beside options': orders =>
      orders(new Request(kept.url(), withDispatcher), { method: 'POST', body: 'x' }),
    'a dispatcher as a member of a Request': orders => orders(Object.assign(new Request(kept.url()), { dispatcher })),
    'options that have every member': orders => orders('/', curious),
    'a Request that looks at what is done to it': orders => orders(new CuriousRequest(kept.url())),
    'headers that it keeps': orders => orders('/', { headers: kept.headers }),
    'a body that sees who reads it': orders =>
      orders('/', {
        method: 'POST',
        duplex: 'half',
        body: new ReadableStream({
          pull(controller) {
            seen.push(controller, this);
            controller.enqueue(Buffer.from('x'));
            controller.close();
          },
        }),
      } as RequestInit),
    'a signal that sees who listens': orders => {
      const { signal } = new AbortController();
      const listen = signal.addEventListener.bind(signal);
      signal.addEventListener = (...given: unknown[]) => (
        seen.push(given),
        (listen as (...all: unknown[]) => void)(...given)
      );
      return orders('/', { signal });
    },
  };

  it.each(Object.entries(ways))(
    '%s: it is shown no token, and the call goes to the target and nowhere else',
    async (_what, way) => {
      const status = await app.as(world.userToken(), async orders => {
        const answer = await way(orders);
        seen.push(answer);
        return answer.status;
      });
      expect([status, api.requests.length]).toEqual([200, 1]);
      const { authorization, 'txn-token': txnToken } = api.requests[0]!.headers;
      expect(tokensWithin([...seen, kept], [...world.minted, authorization!.slice(7), txnToken as string])).toEqual([]);
    },
  );

  it('the same options given to a plain fetch do show a dispatcher the headers', async () => {
    await expect(
      fetch(kept.url(), { ...withDispatcher, headers: { authorization: `Bearer ${world.userToken()}` } }),
    ).rejects.toThrow();
    expect(tokensWithin(seen, world.minted)).not.toEqual([]);
  });
});
