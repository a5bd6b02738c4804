import { context, propagation, type SpanContext, trace } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import { Controller, Get } from '@nestjs/common';
import { Delegated, type DelegatedFetch, RequireScopes, type TargetOptions } from 'nestjs-eie';
import { startApp, type TestApp } from '../../support/app.js';
import { type Loopback, sendRaw, startLoopback } from '../../support/loopback.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { startTelemetry, type Telemetry } from '../../support/telemetry.js';
import { ORDERS } from '../../support/world.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const RECEIVED = { traceparent: `00-${TRACE}-${PARENT}-03`, tracestate: 'foo=1', baggage: 'userId=alice' };

let inside: (orders: DelegatedFetch, external: DelegatedFetch) => Promise<unknown>;
/** What a middleware of the application does around the rest of the request. */
let around: (next: () => void) => void;

@Controller('call')
class CallController {
  @Get()
  @RequireScopes('orders:read')
  call(@Delegated('orders') orders: DelegatedFetch, @Delegated('external') external: DelegatedFetch) {
    return inside(orders, external);
  }
}

describe('with OpenTelemetry in the process', () => {
  let telemetry: Telemetry;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: TestApp;
  let lines: string[][];

  beforeAll(async () => {
    telemetry = startTelemetry();
    issuer = await startLyingIssuer();
    issuer.answer = soundAnswers(issuer);
    api = await startLoopback(({ rawHeaders }, response) => {
      lines.push(rawHeaders);
      response.end('{}');
    });
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    app = await startApp(
      { issuerOptions: () => issuer.issuerOptions },
      {
        controllers: [CallController],
        options: { targets: { orders: target, external: { ...target, external: true } } },
        prepare: nest => nest.use((_request: unknown, _response: unknown, next: () => void) => around(next)),
      },
    );
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([issuer.close(), api.close(), telemetry.stop()]);
  });
  beforeEach(() => {
    telemetry.reset();
    lines = [];
    around = next => next();
    inside = orders => orders('/');
  });

  async function call(headers: Record<string, string> = {}): Promise<void> {
    const authorization = `Bearer ${await issuer.freshToken()}`;
    // Not by fetch: that is instrumented, and would send a trace of its own.
    const answer = await sendRaw(`${app.url}/call`, { headers: Object.entries({ ...headers, authorization }).flat() });
    expect(answer.status).toBe(200);
  }
  const sent = (name: string, request = lines[0]!): string[] =>
    request.filter((_, i) => i % 2 && request[i - 1]!.toLowerCase() === name);
  const span = (name: string) => telemetry.spans().find(one => one.name === name)!;
  const idOf = (name: string) => span(name).spanContext().spanId;

  it('sends one traceparent, of the span of the call, though the instrumentation of fetch would add its own', async () => {
    await call(RECEIVED);
    expect(sent('traceparent')).toEqual([`00-${TRACE}-${idOf('delegate orders')}-03`]);
    expect([sent('tracestate'), sent('baggage')]).toEqual([['foo=1'], ['userId=alice']]);
    inside = () => fetch(api.url);
    await call(RECEIVED);
    expect(sent('traceparent', lines[1])).toEqual([expect.stringMatching(`^00-${TRACE}-[0-9a-f]{16}-01$`)]);
  });

  it('puts the exchange below the call, the call below the execution, and that below the caller', async () => {
    await call(RECEIVED);
    const parents = ['exchange orders', 'delegate orders', 'CallController.call'].map(
      name => span(name).parentSpanContext?.spanId,
    );
    expect(parents).toEqual([idOf('delegate orders'), idOf('CallController.call'), PARENT]);
    expect(telemetry.spans().map(one => one.spanContext().traceId)).toEqual([TRACE, TRACE, TRACE]);
    expect(app.auditLog.last('execution.outcome').trace_id).toBe(TRACE);
  });

  it('takes the active span as the parent, whatever the header says, and its trace for the audit log', async () => {
    let active!: SpanContext;
    around = next =>
      trace.getTracer('application').startActiveSpan('request', one => {
        active = one.spanContext();
        next();
        one.end();
      });
    await call(RECEIVED);
    expect(span('CallController.call').parentSpanContext?.spanId).toBe(active.spanId);
    expect(sent('traceparent')).toEqual([`00-${active.traceId}-${idOf('delegate orders')}-01`]);
    expect(sent('tracestate')).toEqual([]);
    expect(app.auditLog.last('execution.outcome').trace_id).toBe(active.traceId);
  });

  it('puts a call below the span that a handler has made active', async () => {
    let own!: SpanContext;
    inside = orders =>
      trace.getTracer('application').startActiveSpan('own', async one => {
        own = one.spanContext();
        await orders('/');
        one.end();
      });
    await call(RECEIVED);
    expect(span('delegate orders').parentSpanContext?.spanId).toBe(own.spanId);
    expect(own.traceId).toBe(TRACE);
  });

  it('begins one trace for the spans, the target and the audit log where none came in', async () => {
    await call();
    const { traceId } = span('CallController.call').spanContext();
    expect(span('CallController.call').parentSpanContext).toBeUndefined();
    expect(sent('traceparent')[0]).toContain(`00-${traceId}-${idOf('delegate orders')}-`);
    expect(app.auditLog.last('execution.outcome').trace_id).toBe(traceId);
  });

  it('sends the baggage that the application has made active, and to a target outside the trust domain none at all', async () => {
    inside = async (orders, external) => {
      const baggage = propagation.createBaggage({ plan: { value: 'gold & co' } });
      await context.with(propagation.setBaggage(context.active(), baggage), async () => {
        await orders('/');
        await external('/');
      });
    };
    await call(RECEIVED);
    const [inner, outer] = lines;
    expect([sent('baggage', inner), sent('tracestate', inner)]).toEqual([['plan=gold%20%26%20co'], ['foo=1']]);
    expect([sent('baggage', outer), sent('tracestate', outer)]).toEqual([[], []]);
    expect(sent('traceparent', outer)).toEqual([`00-${TRACE}-${idOf('delegate external')}-03`]);
  });

  it('makes no call fail for baggage of the application that ends in half of a character', async () => {
    inside = async orders => {
      const baggage = propagation.createBaggage({
        note: { value: 'hello \u{1f600}'.slice(0, 7) },
        plan: { value: 'gold' },
      });
      await context.with(propagation.setBaggage(context.active(), baggage), () => orders('/'));
    };
    await call(RECEIVED);
    expect(sent('baggage')).toEqual(['note=hello%20%EF%BF%BD,plan=gold']);
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'ok' });
  });

  it('says that nothing is recorded where the sampler says so, still with a parent of its own', async () => {
    await telemetry.stop();
    telemetry = startTelemetry({ sampler: new AlwaysOffSampler() });
    try {
      await call(RECEIVED);
      expect(sent('traceparent')).toEqual([expect.stringMatching(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-02$`)]);
      expect(telemetry.spans()).toEqual([]);
    } finally {
      await telemetry.stop();
      telemetry = startTelemetry();
    }
  });
});
