import { type ExecutionContext } from '@nestjs/common';

/** The context type of an MCP execution. Its first argument is the trusted call, its second the model's input. */
export const MCP_CONTEXT = 'mcp';

/** The context type of Nest's microservices: the input comes first, the call second. */
const RPC_CONTEXT = 'rpc';

/**
 * What carries the record of an execution through Nest's pipeline: an HTTP request, or the trusted call of an MCP execution. `undefined`
 * for kinds of handlers that this library does not protect.
 */
export function carrierOf(context: ExecutionContext): unknown {
  switch (context.getType<string>()) {
    case 'http':
      return context.switchToHttp().getRequest<unknown>();
    case MCP_CONTEXT:
      return context.getArgByIndex<unknown>(0);
    case RPC_CONTEXT:
      return context.getArgByIndex<unknown>(1);
    default:
      return undefined;
  }
}
