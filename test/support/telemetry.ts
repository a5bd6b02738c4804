import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

export interface Telemetry {
  /** Those of the library that have ended. */
  spans(): ReadableSpan[];
  /** The points of a metric, as far as it was measured. */
  points(metric: string): Promise<DataPoint<any>[]>;
  reset(): void;
  stop(): Promise<void>;
}

/** OpenTelemetry as an application registers it: an SDK, both propagators of W3C, and the instrumentation of Node's fetch. */
export function startTelemetry({ sampler }: { sampler?: Sampler } = {}): Telemetry {
  const exporter = new InMemorySpanExporter();
  const tracers = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(sampler && { sampler }),
  });
  const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 3_600_000 });
  const meters = new MeterProvider({ readers: [reader] });
  trace.setGlobalTracerProvider(tracers);
  metrics.setGlobalMeterProvider(meters);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  const instrumentation = new UndiciInstrumentation();
  return {
    spans: () =>
      exporter.getFinishedSpans().filter(({ instrumentationScope }) => instrumentationScope.name === 'nestjs-eie'),
    async points(metric) {
      await reader.forceFlush();
      const all =
        measured
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap(scope => scope.metrics) ?? [];
      return all
        .filter(({ descriptor }) => descriptor.name === metric)
        .flatMap(({ dataPoints }): DataPoint<any>[] => dataPoints);
    },
    reset: () => exporter.reset(),
    async stop() {
      instrumentation.disable();
      await Promise.all([tracers.shutdown(), meters.shutdown()]);
      for (const global of [trace, metrics, context, propagation]) global.disable();
    },
  };
}
