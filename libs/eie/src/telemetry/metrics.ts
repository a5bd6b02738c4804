import type { Counter, Histogram, MeterProvider } from '@opentelemetry/api';
import { type AuditDetail, errorName, reasonCode } from 'execution-identity/internal';
import { type Attributes, EIE_REASON, EIE_RECORD, EIE_STORE, EIE_STORE_OPERATION, ERROR_TYPE } from './attributes.js';
import { type SpanEnding } from './carried.js';
import { otel, SCOPE } from './opentelemetry.js';
import { endingAttributes } from './spans.js';

interface Instruments {
  readonly refusals: Counter;
  readonly executions: Histogram;
  readonly stores: Histogram;
}

let of: { readonly provider: MeterProvider; readonly instruments: Instruments } | undefined;

/** Counts a refusal by its reason, as the audit log is told of it. */
export function countRefusal({ type, outcome, reason = 'error' }: AuditDetail): void {
  if (outcome === 'refused') instruments()?.refusals.add(1, { [EIE_REASON]: reasonCode(reason), [EIE_RECORD]: type });
}

/** @param duration seconds */
export function observeExecution(duration: number, attributes: Attributes, ending: SpanEnding): void {
  instruments()?.executions.record(duration, { ...attributes, ...endingAttributes(ending) });
}

/**
 * @param duration seconds
 * @param error why the store gave no answer
 */
export function observeStore(store: string, operation: string, duration: number, error?: unknown): void {
  instruments()?.stores.record(duration, {
    [EIE_STORE]: store,
    [EIE_STORE_OPERATION]: operation,
    ...(error !== undefined && { [ERROR_TYPE]: errorName(error) }),
  });
}

/** Of the provider that is registered now: those of an earlier one measure nothing. */
function instruments(): Instruments | undefined {
  if (!otel) return undefined;
  const provider = otel.metrics.getMeterProvider();
  if (of?.provider !== provider) of = { provider, instruments: made(provider) };
  return of.instruments;
}

function made(provider: MeterProvider): Instruments {
  const meter = provider.getMeter(SCOPE);
  return {
    refusals: meter.createCounter('eie.refusals', { description: 'Refusals, by reason', unit: '{refusal}' }),
    executions: meter.createHistogram('eie.execution.duration', {
      description: 'How long handlers run, from intent to outcome',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] },
    }),
    stores: meter.createHistogram('eie.store.duration', {
      description: 'How long the stores that instances share take to answer',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2] },
    }),
  };
}
