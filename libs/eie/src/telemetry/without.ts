import type { Context } from '@opentelemetry/api';
import { type Fetch } from 'execution-identity';
import { holdsCredential } from './credential-text.js';
import { otel } from './opentelemetry.js';
import { parseTracestate } from './tracestate.js';

/**
 * A context without what a caller has put into its trace and what looks like a token: entries of `baggage`, and members of `tracestate`.
 * What runs in it hands none of them on, whichever client it calls with.
 */
export function withoutCredentials(context: Context): Context {
  const { propagation, trace, createTraceState } = otel!;
  let clean = context;
  const baggage = propagation.getBaggage(context);
  const found = (baggage?.getAllEntries() ?? []).filter(([key, { value, metadata }]) =>
    [key, value, metadata?.toString() ?? ''].some(holdsCredential),
  );
  if (baggage && found.length)
    clean = propagation.setBaggage(clean, baggage.removeEntries(...found.map(([key]) => key)));
  const span = trace.getSpanContext(context);
  const state = span?.traceState?.serialize();
  if (!span || !state || !holdsCredential(state)) return clean;
  const { traceState: _held, ...bare } = span;
  const left = parseTracestate(state);
  return trace.setSpanContext(clean, { ...bare, ...(left !== undefined && { traceState: createTraceState(left) }) });
}

/**
 * The `fetch` for requests to an issuer: what callers and other tracing systems have written into `baggage` and `tracestate` is not for
 * it. An instrumentation of HTTP in the process would send both. Its trace goes on.
 */
export const unaccompanied =
  (fetcher: Fetch): Fetch =>
  (input, init) =>
    otel
      ? otel.context.with(unaccompaniedContext(otel.context.active()), () => fetcher(input, init))
      : fetcher(input, init);

function unaccompaniedContext(active: Context): Context {
  const { propagation, trace } = otel!;
  const context = propagation.deleteBaggage(active);
  const span = trace.getSpanContext(context);
  if (!span?.traceState) return context;
  const { traceState: _others, ...bare } = span;
  return trace.setSpanContext(context, bare);
}
