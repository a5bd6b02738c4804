import { TRACEPARENT_CASES } from './traceparent.cases.js';
import { TRACESTATE_CASES } from './tracestate.cases.js';

export const CASES = [...TRACEPARENT_CASES, ...TRACESTATE_CASES];

/** What the specification says to others. */
export const LEFT_OUT: readonly { readonly case: string; readonly reason: string }[] = [
  {
    case: 'No traceparent Received: add a key/value pair of its own to a new tracestate',
    reason:
      'For tracing vendors that have a key. This server writes none: what an OpenTelemetry SDK in the process adds is passed on.',
  },
  {
    case: 'Mutating the tracestate Field: modified keys move to the beginning',
    reason: 'No value of tracestate is ever modified or added here.',
  },
  {
    case: 'Versioning of traceparent: pass-through services do not analyze the version',
    reason: 'For proxies. This server has a span of its own, and must update parent-id.',
  },
  {
    case: 'Considerations for trace-id field generation: shorter internal identifiers',
    reason: 'Trace ids made here have 16 random bytes; there is no shorter form that would be padded.',
  },
  {
    case: 'Trace Context Server Timing Metric Format: server-timing: trace',
    reason: 'Optional for a server. Answers do not tell a client the trace of this server.',
  },
  {
    case: 'Other Communication Protocols',
    reason:
      'Names no rules. `_meta` of MCP messages, also on stdio, is tested in test/e2e/telemetry/trace-context.e2e-spec.ts.',
  },
];
