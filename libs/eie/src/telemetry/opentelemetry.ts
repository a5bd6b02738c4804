import { createRequire } from 'node:module';
import type * as Api from '@opentelemetry/api';

/** The name under which spans and metrics of this library are found: their instrumentation scope. */
export const SCOPE = 'nestjs-eie';

/**
 * `@opentelemetry/api`, where the application has installed it. Without a registered SDK it does nothing. It is loaded in this way because
 * it is optional, and because an import that may fail would need a top-level await, which `require()` of an ES module refuses.
 */
export const otel = load();

function load(): typeof Api | undefined {
  try {
    return createRequire(import.meta.url)('@opentelemetry/api') as typeof Api;
  } catch {
    return undefined;
  }
}

/** Where `@opentelemetry/api` 1.x keeps what an application registers: looked at first, since nearly everything else of it costs more. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

function isRegistered(what: 'trace' | 'context' | 'metrics'): boolean {
  const registered = (globalThis as Record<symbol, Partial<Record<string, unknown>> | undefined>)[REGISTERED];
  return registered?.[what] !== undefined;
}

const NO_TRACER_PROVIDER = otel && new otel.ProxyTracerProvider().getDelegate();
const NO_METER = otel?.createNoopMeter();

/** Whether the application has registered an SDK that traces. Without one nothing is made for it. */
export function isTraced(): boolean {
  if (!isRegistered('trace')) return false;
  const provider = otel?.trace.getTracerProvider() as Partial<Api.ProxyTracerProvider> | undefined;
  return provider !== undefined && provider.getDelegate?.() !== NO_TRACER_PROVIDER;
}

/** Whether the application has registered an SDK that measures. */
export const isMeasured = (): boolean => isRegistered('metrics') && otel?.metrics.getMeter(SCOPE) !== NO_METER;

/** The span that is active where this is called, unless it is none of a trace. */
export function activeSpan(): Api.SpanContext | undefined {
  if (!isRegistered('context')) return undefined;
  const context = otel?.trace.getActiveSpan()?.spanContext();
  return context && otel?.isSpanContextValid(context) ? context : undefined;
}

/** The first span of a trace that begins here. It is an execution's: the first one takes it, the others stand below it. */
export class RootSpan {
  #isTaken = false;

  private constructor(readonly span: Api.Span) {}

  /** Where an SDK is registered. Without one a span has no ids. */
  static start(): RootSpan | undefined {
    if (!isTraced()) return undefined;
    const span = otel?.trace.getTracer(SCOPE).startSpan('execution', { root: true, kind: otel.SpanKind.SERVER });
    return span && otel?.isSpanContextValid(span.spanContext()) ? new RootSpan(span) : undefined;
  }

  take(): Api.Span | undefined {
    if (this.#isTaken) return undefined;
    this.#isTaken = true;
    return this.span;
  }
}
