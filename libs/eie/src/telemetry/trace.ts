import { randomHex } from './random-hex.js';
import type { SpanContext } from '@opentelemetry/api';
import { parseBaggage } from './baggage.js';
import { type CarriedTrace, type TraceFields } from './carried.js';
import { activeSpan, RootSpan } from './opentelemetry.js';
import { parseTraceparent, RANDOM, SAMPLED, type Traceparent } from './traceparent.js';
import { parseTracestate } from './tracestate.js';

/** The trace that an execution belongs to. The caller chooses it: it correlates records, and proves nothing. */
export interface Trace extends CarriedTrace, Omit<Traceparent, 'parentId'> {
  /** The span that the execution is called from. Absent where the trace begins here. */
  readonly parentId?: string;
  /** To be passed on, as {@link parseTracestate} read it. */
  readonly tracestate?: string;
  /** To be passed on, as {@link parseBaggage} read it. */
  readonly baggage?: string;
  /** Its first span, where it begins here and an OpenTelemetry SDK has started it. The first execution becomes that span. */
  readonly root?: RootSpan;
}

/**
 * The trace of a request or of a message. A message that brings its own `traceparent` is traced by that. Otherwise the active span of
 * OpenTelemetry is the parent; an instrumentation of HTTP has made it of the same header. Otherwise the header is. Where that is missing or
 * malformed the trace begins here, without the `tracestate` that came: W3C Trace Context level 2, "Processing Model".
 */
export function traceFrom(headers: TraceFields, meta: TraceFields = {}): Trace {
  const isOwn = meta.traceparent !== undefined;
  const { traceparent, tracestate } = isOwn ? meta : headers;
  const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  const carried = meta.baggage ?? headers.baggage;
  const baggage = carried === undefined ? undefined : parseBaggage(carried);
  const active = isOwn && parent ? undefined : activeSpan();
  const trace = active
    ? ofSpan(active, parent && { ...parent, ...stateOf(tracestate) })
    : parent
      ? { ...parent, ...stateOf(tracestate) }
      : begun();
  return baggage === undefined ? trace : { ...trace, baggage };
}

/** The W3C trace id of {@link traceFrom}, for records of what is refused. */
export const traceIdFrom = (headers: TraceFields, meta?: TraceFields): string => traceFrom(headers, meta).traceId;

/**
 * A span as the parent of what it calls. The SDK of OpenTelemetry knows the sampled flag alone, so the random flag and the `tracestate`
 * are those of the trace as it was received, if it is the same one.
 */
export function ofSpan(span: SpanContext, received: Trace | undefined): Required<Pick<Trace, 'parentId'>> & Trace {
  const known = received?.traceId === span.traceId ? received : undefined;
  const flags = (span.traceFlags & SAMPLED) | ((known?.flags ?? span.traceFlags) & RANDOM);
  const tracestate = parseTracestate(span.traceState?.serialize()) ?? known?.tracestate;
  const trace = { traceId: span.traceId, parentId: span.spanId, flags };
  return tracestate === undefined ? trace : { ...trace, tracestate };
}

/** A span id, for who has no SDK that makes one: 16 hex digits, not all zero. */
export const spanId = (): string => randomHex(8).replace(/^0+$/, '1'.repeat(16));

/** Not sampled, where nothing here records it: level 2, "Sampled flag". */
function begun(): Trace {
  const root = RootSpan.start();
  if (!root) return { traceId: randomHex(16), flags: RANDOM };
  const { traceId, traceFlags } = root.span.spanContext();
  return { traceId, flags: traceFlags & (SAMPLED | RANDOM), root };
}

function stateOf(value: unknown): Pick<Trace, 'tracestate'> {
  const tracestate = parseTracestate(value);
  return tracestate === undefined ? {} : { tracestate };
}
