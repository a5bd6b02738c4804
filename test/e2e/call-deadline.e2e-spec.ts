import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import { type AuditEvent, Authenticated, Delegated, type DelegatedFetch, EieError } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, ERAS, startApp, type TestApp } from '../support/app.js';
import { eventsIn, message, open } from '../support/mcp-messages.js';
import { ordersTarget } from '../support/orders.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

/** Seconds after the start of a call, at the application whose deadline comes soon. */
const DEADLINE = 15;
/** Milliseconds for which a response that must not be cut off is waited for. */
const MARGIN = 1_500;

let running = 0;
let goOn: Promise<void>;

/** Waits, then tells what it still gets of an API. */
async function outlive(orders: DelegatedFetch) {
  running++;
  await goOn;
  const late: unknown = await orders('/orders').then(
    ({ status }) => status,
    (error: unknown) => (error instanceof EieError ? error.code : String(error)),
  );
  return { late };
}

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'slow' })
  slow(@Delegated('orders_api') orders: DelegatedFetch) {
    return outlive(orders);
  }

  @Tool({ name: 'slow_stream' })
  async stream(@ToolCall() call: ToolCall, @Delegated('orders_api') orders: DelegatedFetch) {
    await call.progress({ progress: 1 });
    return outlive(orders);
  }
}

@Controller('slow')
@Authenticated()
class SlowHandler {
  @Get()
  slow(@Delegated('orders_api') orders: DelegatedFetch) {
    return outlive(orders);
  }
}

type Answer = { status: number; body: string } | 'cut off';
/** Starts a call and waits for its end. */
type Call = (url: string, token: string) => Promise<Answer>;
const whole = async (response: Promise<Response>): Promise<Answer> => {
  try {
    return { status: (await response).status, body: await (await response).text() };
  } catch {
    return 'cut off';
  }
};
const tool =
  (era: (typeof ERAS)[number], name: string): Call =>
  (url, token) =>
    whole(open(url, token, era, message(era, 'tools/call', { name, arguments: {}, _meta: { progressToken: 'p' } })));
const CALLS: [string, Call][] = [
  ...ERAS.flatMap((era): [string, Call][] => [
    [`a tool, ${era}`, tool(era, 'slow')],
    [`a tool on a stream that has begun, ${era}`, tool(era, 'slow_stream')],
  ]),
  ['an HTTP handler', (url, token) => whole(fetch(`${url}/slow`, { headers: { authorization: `Bearer ${token}` } }))],
];
const lateIn = (answer: Answer): unknown => {
  if (answer === 'cut off') return answer;
  const text = eventsIn(answer.body).at(-1)?.result.content[0].text ?? answer.body;
  const json = JSON.parse(text) as { late?: unknown; result?: { content: [{ text: string }] } };
  return json.result ? (JSON.parse(json.result.content[0].text) as { late: unknown }).late : json.late;
};

describe.each(ADAPTERS)('a call that outlives its token, on %s,', adapter => {
  let world: World;
  let api: Loopback;
  /** The same twice, but for the deadline. */
  let [patient, hasty]: TestApp[] = [];
  /** Milliseconds since the epoch. It stands still until every call runs: no machine is too slow for a token that lives a second. */
  let now = Math.floor(Date.now() / 1000) * 1000;

  /** The answers of calls with a short-lived token to the patient and the hasty one, and of one with a long-lived token to the latter. */
  let outlived: Answer[];
  let overdue: Answer[];
  let valid: Answer;

  beforeAll(async () => {
    [world, api] = await Promise.all([startWorld(), startLoopback()]);
    const start = (limits: { callDeadline?: number }) =>
      startApp(world, {
        adapter,
        controllers: [SlowHandler],
        providers: [Tools],
        imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })],
        options: { ports: { clock: () => now }, targets: { orders_api: ordersTarget(world, api.url) }, limits },
      });
    [patient, hasty] = await Promise.all([start({}), start({ callDeadline: DEADLINE })]);

    let proceed = (): void => {};
    goOn = new Promise(resolve => (proceed = resolve));
    running = 0;
    const token = (expiresIn: number) => world.userToken({ issuedAt: now / 1000, expiresIn });
    const answers = [patient, hasty].map(({ url }) => CALLS.map(([, call]) => call(url, token(1))));
    const another = CALLS[1]![1](hasty.url, token(300));
    await until(() => running === 2 * CALLS.length + 1);
    now += 10_000;
    overdue = await Promise.all(answers[1]!);
    await sleep(MARGIN);
    proceed();
    outlived = await Promise.all(answers[0]!);
    valid = await another;
  });
  afterAll(() => Promise.all([patient?.close(), hasty?.close(), api?.close(), world?.close()]));

  const records = (app: TestApp, type: AuditEvent['type']) => app.auditLog.events.filter(event => event.type === type);

  it.each(CALLS.map(([what], i) => [what, i] as const))(
    'answers, and calls nothing more in its identity: %s',
    (_what, i) => {
      expect(outlived[i]).toMatchObject({ status: 200 });
      expect(lateIn(outlived[i]!)).toBe('identity_expired');
    },
  );

  it('has an outcome that lists no call, and a record of the one that was refused', () => {
    expect(records(patient!, 'execution.outcome')).toEqual(
      CALLS.map(() => expect.objectContaining({ outcome: 'ok', delegations: [], delegations_unlisted: 0 })),
    );
    expect(records(patient!, 'delegation.refused')).toEqual(
      CALLS.map(() =>
        expect.objectContaining({ reason: 'identity_expired', actor_sub: 'alice', delegation_mode: 'on_behalf_of' }),
      ),
    );
    expect(records(patient!, 'delegation.intent')).toEqual([]);
  });

  it.each(CALLS.map(([what], i) => [what, i] as const))('is cut off at its deadline: %s', (what, i) => {
    const answer = overdue[i]!;
    if (answer === 'cut off') return expect(what).toBe('an HTTP handler');
    // No 401: a client would sign in again and act twice.
    expect(answer.status).toBe(what.includes('stream') || what.includes('2025') ? 200 : 504);
    const { error } = eventsIn(answer.body).at(-1) ?? (JSON.parse(answer.body) as { error: unknown });
    expect(error).toMatchObject({ data: { code: 'call_overdue' } });
  });

  it('has no deadline while its token is valid: it answers, and calls what it declares', () => {
    expect(lateIn(valid)).toBe(200);
    expect(api.requests).toHaveLength(1);
  });
});
