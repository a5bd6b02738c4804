import { type DelegationMode, type ExecutionIdentityEnvelope } from 'execution-identity';
import { EIE_MODE, EIE_TARGET } from './attributes.js';
import { parseBaggage } from './baggage.js';
import { type CarriedSpan, type CarriedTrace, type SpanEnding } from './carried.js';
import { activeSpan, otel } from './opentelemetry.js';
import { contextOf, OwnSpan, startSpan } from './spans.js';
import { ofSpan, spanId, type Trace } from './trace.js';
import { traceparent } from './traceparent.js';

/** The execution that makes a call. */
interface Caller {
  readonly execution: { readonly trace?: CarriedTrace };
  readonly span?: CarriedSpan | undefined;
}

/** One call of a target: its span, where OpenTelemetry is in the process, and the headers that carry the trace to the target in any case. */
export class CallSpan {
  readonly #trace: Trace;
  readonly #own: OwnSpan | undefined;
  /** What the application has put there for its own calls, instead of what the caller sent. */
  readonly #baggage = activeBaggage();

  constructor(caller: Caller, envelope: ExecutionIdentityEnvelope, call: { target: string; mode: DelegationMode }) {
    this.#trace = receivedTrace(caller.execution.trace as Trace | undefined, envelope);
    const attributes = { [EIE_TARGET]: call.target, [EIE_MODE]: call.mode };
    const parent = activeSpan()
      ? undefined
      : ((caller.span as OwnSpan | undefined)?.context ?? (otel && contextOf(this.#trace).context));
    const started = startSpan(`delegate ${call.target}`, { kind: 'CLIENT', attributes }, parent);
    this.#own = started && new OwnSpan(started.span, started.context);
  }

  within<Result>(work: () => Result): Result {
    return this.#own ? this.#own.within(work) : work();
  }

  end(ending: SpanEnding): void {
    this.#own?.end(ending);
  }

  /**
   * The headers of one request: each names a span of its own as the parent, that of OpenTelemetry or a new one. A target outside the trust
   * domain gets no `tracestate` and no `baggage`: what other tracing systems and callers have written there is not for it.
   */
  headers(isExternal: boolean): [name: string, value: string][] {
    const { parentId = spanId(), ...trace } = this.#sent();
    const baggage = this.#baggage ?? this.#trace.baggage;
    return [
      ['traceparent', traceparent({ ...trace, parentId })],
      ...(isExternal || !trace.tracestate ? [] : [['tracestate', trace.tracestate] as [string, string]]),
      ...(isExternal || !baggage ? [] : [['baggage', baggage] as [string, string]]),
    ];
  }

  /** The API of OpenTelemetry without an SDK gives the parent for a span: then nothing of ours stands for the call. */
  #sent(): Trace {
    const { parentId: _caller, ...trace } = this.#trace;
    const own = this.#own?.spanContext;
    return own ? ofSpan(own, this.#trace) : trace;
  }
}

/**
 * The `fetch` of a delegated call, which carries its trace already: an instrumentation of HTTP in the process would send a second
 * `traceparent`, and `baggage` to any target. So it is told to leave this request alone, as `suppressTracing()` of the SDK tells it.
 */
export const untraced =
  (fetcher: typeof fetch): typeof fetch =>
  (input, init) => {
    if (!otel) return fetcher(input, init);
    const key = otel.createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
    return otel.context.with(otel.context.active().setValue(key, true), () => fetcher(input, init));
  };

/** At a receiver that got no `traceparent`, the trace is the one that the envelope names. */
function receivedTrace(trace: Trace | undefined, { session }: ExecutionIdentityEnvelope): Trace {
  if (trace?.parentId || trace?.traceId === session.trace_id) return trace;
  return { traceId: session.trace_id, flags: 0, ...(trace?.baggage !== undefined && { baggage: trace.baggage }) };
}

/** W3C Baggage: values are percent-encoded. Half of a surrogate pair has no encoding: somebody has cut the text. */
function activeBaggage(): string | undefined {
  const entries = otel?.propagation.getActiveBaggage()?.getAllEntries();
  const written = entries?.map(([key, { value, metadata }]) =>
    [
      `${key}=${encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\ufffd'))}`,
      ...(metadata ? [metadata.toString()] : []),
    ].join(';'),
  );
  return written && (parseBaggage(written) ?? '');
}
