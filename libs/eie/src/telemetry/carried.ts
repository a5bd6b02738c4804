import { type AuditReason, type EieError } from 'execution-identity';
// What other rooms carry for this one. Public declarations lead here, so nothing in this file is of OpenTelemetry: a user without it compiles.

/** The trace of an execution: a `Trace`, which only this room reads. */
export interface CarriedTrace {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
}

/** How what a span stands for has ended: `ok`, `failed` or `refused`, and the reason as the audit log has it. */
export interface SpanEnding {
  readonly outcome: string;
  readonly reason?: AuditReason | EieError | undefined;
}

/** The span of an execution: an `OwnSpan`. */
export interface CarriedSpan {
  /** Runs what it stands for, with it as the active span. */
  within<Result>(work: () => Result): Result;
  end(ending: SpanEnding): void;
}

/** Where a trace is read from: the headers of a request, or `_meta` of an MCP message. Nothing in it is checked yet. */
export interface TraceFields {
  readonly traceparent?: unknown;
  readonly tracestate?: unknown;
  readonly baggage?: unknown;
  readonly [other: string]: unknown;
}
