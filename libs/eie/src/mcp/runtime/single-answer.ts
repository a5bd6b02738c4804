import {
  type AuthInfo,
  classifyInboundRequest,
  type McpServer,
  SUPPORTED_PROTOCOL_VERSIONS,
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
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
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
 *
 * It does NOT check the message, as the SDK does afterwards: its own checks copy all of it, and three of them would cost more than the guard.
 */
export function hasSingleAnswer({ method, headers }: Request, body: unknown): boolean {
  const asked = (body ?? {}) as Message;
  if (method !== 'POST' || asked.jsonrpc !== '2.0' || !isId(asked.id) || typeof asked.method !== 'string') return false;
  const version = headers.get('mcp-protocol-version');
  if (version !== null && !SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return false;
  return asked.method !== 'initialize' && !asksForProgress(asked) && !isModern(asked);
}

const isId = (id: unknown): boolean => typeof id === 'string' || typeof id === 'number';

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
    const closed = (): void => {
      onclose?.();
      resolve(new Response(null, { status: 499 }));
    };
    transport.onclose = closed;
  });
