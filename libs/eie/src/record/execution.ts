import { type CarriedTrace } from '../telemetry/carried.js';
import { type HandlerEntry } from './handler-entry.js';

/** One handler call: which handler, and how the records about it name and correlate it. */
export interface Execution {
  readonly entry: HandlerEntry;
  /** How the audit log names the handler: the MCP tool, `resource:…`, `prompt:…`, or `Class.method`. */
  readonly handlerName: string;
  /** W3C trace id: that of `trace`. */
  readonly traceId: string;
  readonly trace?: CarriedTrace;
  /** Of a job: the id of the envelope of the execution that has sealed it. */
  readonly startedBy?: string;
  /** Those arguments that its tool lets a policy engine see. */
  readonly arguments?: Readonly<Record<string, unknown>>;
}
