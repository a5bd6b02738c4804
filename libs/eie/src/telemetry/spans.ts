import type { Context, Link, Span, SpanContext } from '@opentelemetry/api';
import { EieError } from 'execution-identity';
import { reasonCode } from 'execution-identity/internal';
import { type Attributes, EIE_OUTCOME, ERROR_TYPE } from './attributes.js';
import { type CarriedSpan, type CarriedTrace, type SpanEnding } from './carried.js';
import { activeSpan, otel, SCOPE } from './opentelemetry.js';
import { ofSpan, spanId, type Trace } from './trace.js';
import { traceparent } from './traceparent.js';
import { withoutCredentials } from './without.js';

/** A span of this library. It says how a thing ended by a reason alone: never by the message of an error. */
export class OwnSpan implements CarriedSpan {
  readonly #span: Span;
  readonly #context: Context;
  readonly #parent: string | undefined;

  /** @param context of its parent */
  constructor(span: Span, context: Context) {
    this.#span = span;
    this.#parent = otel!.trace.getSpanContext(context)?.spanId;
    this.#context = otel!.trace.setSpan(context, span);
  }

  /** Its ids. Absent where no SDK has given it any: without one, a span is called like its parent. */
  get spanContext(): SpanContext | undefined {
    const own = this.#span.spanContext();
    return otel!.isSpanContextValid(own) && own.spanId !== this.#parent ? own : undefined;
  }

  /** Its context, for what is not called within it. */
  get context(): Context {
    return this.#context;
  }

  within<Result>(work: () => Result): Result {
    return otel!.context.with(this.#context, work);
  }

  end(ending: SpanEnding): void {
    this.#span.setAttributes(endingAttributes(ending));
    if (ending.outcome !== 'ok') this.#span.setStatus({ code: otel!.SpanStatusCode.ERROR });
    this.#span.end();
  }
}

export const endingAttributes = ({ outcome, reason }: SpanEnding): Attributes => ({
  [EIE_OUTCOME]: outcome,
  ...(outcome !== 'ok' && { [ERROR_TYPE]: reasonCode(reason ?? 'error') }),
});

/** @param parent default: the active span */
export function startSpan(
  name: string,
  options: { kind: 'SERVER' | 'CLIENT' | 'INTERNAL'; attributes: Attributes; links?: Link[] },
  parent?: Context,
): { span: Span; context: Context } | undefined {
  if (!otel) return undefined;
  const context = withoutCredentials(parent ?? otel.context.active());
  const kind = otel.SpanKind[options.kind];
  return { span: otel.trace.getTracer(SCOPE).startSpan(name, { ...options, kind }, context), context };
}

/**
 * Where a trace goes on: below the active span, or below the span of the caller, where that is of another trace. Then the active one is
 * linked.
 */
export function contextOf(trace: Trace | undefined): { context: Context; links?: Link[] } {
  const { context: contexts, trace: traces, createTraceState } = otel!;
  const [context, active] = [contexts.active(), activeSpan()];
  if (trace?.root) return { context: traces.setSpan(context, trace.root.span) };
  if (!trace?.parentId || active?.traceId === trace.traceId) return { context };
  const { traceId, parentId: spanId, flags: traceFlags, tracestate } = trace;
  const remote = { traceId, spanId, traceFlags, isRemote: true };
  const traceState = tracestate === undefined ? {} : { traceState: createTraceState(tracestate) };
  return {
    context: traces.setSpanContext(context, { ...remote, ...traceState }),
    ...(active && { links: [{ context: active }] }),
  };
}

/** What names a span as the parent of something later: that of an execution, or one that nobody has recorded where there is no SDK. */
export function traceparentOf(trace: CarriedTrace | undefined, span: CarriedSpan | undefined): string | undefined {
  const received = trace as Trace | undefined;
  const own = (span as OwnSpan | undefined)?.spanContext;
  const parent = own ? ofSpan(own, received) : received;
  return parent && traceparent({ ...parent, parentId: own?.spanId ?? spanId() });
}

/** Runs something that calls another server, in a span of its own. What that server is sent holds no `baggage` of the caller's. */
export async function traced<Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
): Promise<Result> {
  const started = startSpan(name, { kind: 'CLIENT', attributes });
  if (!started) return work();
  const span = new OwnSpan(started.span, otel!.propagation.deleteBaggage(started.context));
  try {
    const result = await span.within(work);
    span.end({ outcome: 'ok' });
    return result;
  } catch (error) {
    span.end({ outcome: 'failed', reason: error instanceof EieError ? error.code : 'error' });
    throw error;
  }
}
