import {
  type AuthInfo,
  classifyInboundRequest,
  isInitializeRequest,
  isJSONRPCRequest,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { CALLS } from '../protocol/mcp-request.js';

/** A client of the 2026 protocol has no session: its session header is ignored. */
export function isLegacy({ method, headers }: Request, body: unknown): boolean {
  const version = headers.get('mcp-protocol-version');
  return (
    classifyInboundRequest({
      httpMethod: method,
      body,
      ...(version !== null && { protocolVersionHeader: version }),
    }).kind === 'legacy'
  );
}

interface Message {
  readonly method?: unknown;
  readonly params?: {
    readonly _meta?: {
      readonly progressToken?: unknown;
      readonly 'io.modelcontextprotocol/protocolVersion'?: unknown;
    } | null;
  } | null;
}

const isModern = (message: Message): boolean =>
  message.params?._meta?.['io.modelcontextprotocol/protocolVersion'] !== undefined;
const asksForProgress = (message: Message): boolean => message.params?._meta?.progressToken !== undefined;

/** Whether a message calls a handler, and the server that serves it serves nothing else. */
export function isServedAlone(message: unknown): boolean {
  const asked = (message ?? {}) as Message;
  return CALLS.includes(asked.method) && (isModern(asked) || !asksForProgress(asked));
}

/**
 * Whether a request of the 2025 protocol can be told nothing but its answer, where the application has configured nothing: it asks for no
 * progress. Of the 2026 protocol the SDK sees that itself.
 */
export function hasSingleAnswer(request: Request, body: unknown): boolean {
  if (request.method !== 'POST' || !isJSONRPCRequest(body) || isInitializeRequest(body)) return false;
  return !asksForProgress(body as Message) && !isModern(body as Message) && isLegacy(request, body);
}

/**
 * Answers a request of the 2025 protocol as JSON. The SDK would open a stream of events for each, which takes twice as long; either is an answer of
 * Streamable HTTP (MCP 2025-11-25, transports).
 *
 * @param open makes the server of this request, which closes when nobody waits for its answer
 */
export async function singleAnswer(
  request: Request,
  open: () => Promise<McpServer>,
  authInfo: AuthInfo,
  parsedBody: unknown,
): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  const server = await open();
  await server.connect(transport);
  try {
    return await Promise.race([transport.handleRequest(request, { authInfo, parsedBody }), whenClosed(transport)]);
  } finally {
    await server.close().catch(() => undefined);
  }
}

/** Nobody reads it: the client is gone, or has its answer. */
const whenClosed = (transport: WebStandardStreamableHTTPServerTransport): Promise<Response> =>
  new Promise(resolve => {
    const { onclose } = transport;
    transport.onclose = () => {
      onclose?.();
      resolve(new Response(null, { status: 499 }));
    };
  });
