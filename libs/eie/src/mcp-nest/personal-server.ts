import { ProtocolError, ProtocolErrorCode, type Server } from '@modelcontextprotocol/server';
import { listOnly } from '../mcp/protocol/lists.js';
import { type Capability } from './capabilities.js';
import { type Dispatched } from './dispatched.js';
import { type ProtectedCalls } from './protected-calls.js';

type Handler = (request: object, context: unknown) => unknown;
interface ListedTool {
  readonly name: string;
  readonly _meta?: Record<string, unknown>;
}

/**
 * Wraps the SDK's server of one request of mcp-nest: lists show what this identity may use and which scopes that needs, an input with
 * members that nobody has declared is refused, and every refused input is recorded.
 */
export function servePersonally(server: Server, calls: ProtectedCalls, dispatched: Dispatched): void {
  listOnly(server, calls.capabilities, listed => calls.allowsEach(dispatched, listed));
  const register = server.setRequestHandler.bind(server) as (method: string, handler: Handler) => void;
  const wrapped = (method: string, handler: Handler): Handler => {
    switch (method) {
      case 'tools/list':
        return async (...args) => withSchemes((await handler(...args)) as { tools: ListedTool[] }, calls.capabilities);
      case 'tools/call':
        return async (request, context) => {
          const wrong = await calls.refuseUndeclared(request, dispatched);
          if (wrong !== undefined) return { content: [{ type: 'text', text: wrong }], isError: true };
          const result = await handler(request, context);
          await calls.recordRefusedInput(request, result, dispatched);
          return result;
        };
      case 'prompts/get':
        return async (request, context) => {
          const wrong = await calls.refuseUndeclared(request, dispatched);
          if (wrong !== undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, wrong);
          return handler(request, context);
        };
      default:
        return handler;
    }
  };
  server.setRequestHandler = ((method: string, handler: Handler) =>
    register(method, wrapped(method, handler))) as never;
}

/** mcp-nest says `noauth` of a tool without `@ToolScopes()`. Here each needs a token, and perhaps scopes. */
function withSchemes<Result extends { tools: ListedTool[] }>(
  result: Result,
  capabilities: readonly Capability[],
): Result {
  const tools = result.tools.map(tool => {
    const capability = capabilities.find(one => one.kind === 'tool' && one.name === tool.name);
    const policy = capability?.entry.policy;
    const scopes =
      policy?.kind === 'protected'
        ? [...new Set(policy.requirements.flatMap(one => ('scopes' in one ? one.scopes : [])))]
        : [];
    return {
      ...tool,
      _meta: { ...tool._meta, securitySchemes: [{ type: 'oauth2', ...(scopes.length && { scopes }) }] },
    };
  });
  return { ...result, tools };
}
