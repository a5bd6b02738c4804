import { carriedEnvelope, type CarriedDecision, carryDecision } from '../carrier.js';
import { type ExecutionIdentityEnvelope } from '../envelope/execution-identity-envelope.js';

/**
 * The trusted first argument of a tool's pipeline. Nest code that looks for "the request" finds it here, so it has the
 * `user` and `headers` that ordinary guards and decorators read; what the model sent is the second argument.
 */
export interface ToolCall {
  readonly tool: string;
  readonly headers: Readonly<Record<string, never>>;
  /** The identity of this call, once the guard has issued it. */
  readonly user: ExecutionIdentityEnvelope | undefined;
  /** Aborts when the client cancels the call or goes away. */
  readonly signal: AbortSignal;
}

export function toolCall(tool: string, signal: AbortSignal, decision: CarriedDecision | undefined): ToolCall {
  const call: ToolCall = Object.freeze({
    tool,
    headers: Object.freeze({}),
    get user() {
      return carriedEnvelope(call);
    },
    signal,
  });
  if (decision) carryDecision(call, decision);
  return call;
}
