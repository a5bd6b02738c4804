import type { Context, Span } from '@opentelemetry/api';
import { type ExecutionIdentityEnvelope } from 'execution-identity';
import { type Described, described, EIE_ENVELOPE_ID, GEN_AI_AGENT_ID, type NamedHandler } from './attributes.js';
import { type CarriedTrace, type SpanEnding } from './carried.js';
import { type EndUser } from './end-user.js';
import { observeExecution } from './metrics.js';
import { isMeasured, isTraced, otel } from './opentelemetry.js';
import { contextOf, OwnSpan, startSpan } from './spans.js';
import { type Trace } from './trace.js';
import { withoutCredentials } from './without.js';

/** The span of one execution, from its intent to its outcome. Its duration is measured too. */
export class ExecutionSpan extends OwnSpan {
  readonly #startedAt = performance.now();
  readonly #described: Described;

  constructor(span: Span, context: Context, about: Described) {
    super(span, context);
    this.#described = about;
  }

  override end(ending: SpanEnding): void {
    super.end(ending);
    observeExecution((performance.now() - this.#startedAt) / 1000, this.#described.attributes, ending);
  }
}

interface TracedExecution extends NamedHandler {
  readonly trace?: CarriedTrace;
}

/** Starts the span of an execution that has its envelope, where OpenTelemetry is in the process. */
export function startExecution(
  execution: TracedExecution,
  envelope: ExecutionIdentityEnvelope | undefined,
  endUser: EndUser,
): ExecutionSpan | undefined {
  if (!otel || !envelope || !(isTraced() || isMeasured())) return undefined;
  const about = described(execution);
  const trace = execution.trace as Trace | undefined;
  const root = trace?.root?.take();
  const kind = about.isMcp ? 'SERVER' : 'INTERNAL';
  const { context: parent, links = [] } = root ? { context: otel.context.active() } : contextOf(trace);
  const context = withoutCredentials(parent);
  const span = root ?? startSpan(about.name, { kind, attributes: about.attributes, links }, context)!.span;
  if (root) span.updateName(about.name).setAttributes(about.attributes);
  if (span.isRecording())
    span.setAttributes({
      ...endUser.attributesOf(envelope),
      [GEN_AI_AGENT_ID]: envelope.agent.id,
      [EIE_ENVELOPE_ID]: envelope.meta.id,
    });
  return new ExecutionSpan(span, context, about);
}
