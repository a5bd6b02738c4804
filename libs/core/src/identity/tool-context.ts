import { type ExecutionIdentityEnvelope } from './execution-identity-envelope.js';

/**
 * The framework-neutral contract of a tool's work: who it is done for, and what the model asked. Write application code
 * against it, and it can be called from an MCP tool, an HTTP handler or a test in the same way.
 */
export interface ToolContext<Input> {
  readonly identity: ExecutionIdentityEnvelope;
  readonly input: Input;
}
