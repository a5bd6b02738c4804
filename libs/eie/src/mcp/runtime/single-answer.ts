import {
  type AuthInfo,
  classifyInboundRequest,
  isInitializeRequest,
  isJSONRPCRequest,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';

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

interface RequestMeta {
  readonly progressToken?: unknown;
  readonly 'io.modelcontextprotocol/protocolVersion'?: unknown;
}

/**
 * Whether a request of the 2025 protocol can be told nothing but its answer, where the application has configured nothing: it asks for no
 * progress. Of the 2026 protocol the SDK sees that itself.
 */
export function hasSingleAnswer(request: Request, body: unknown): boolean {
  if (request.method !== 'POST' || !isJSONRPCRequest(body) || isInitializeRequest(body)) return false;
  const meta = body.params?._meta as RequestMeta | null | undefined;
  if (meta?.progressToken !== undefined || meta?.['io.modelcontextprotocol/protocolVersion'] !== undefined)
    return false;
  return isLegacy(request, body);
}

/**
 * Answers a request of the 2025 protocol as JSON. The SDK would open a stream of events for each, which takes twice as long; either is an answer of
 * Streamable HTTP (MCP 2025-11-25, transports).
 *
 * @param open makes the server of this request
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
  const close = (): void => void server.close();
  request.signal.addEventListener('abort', close, { once: true });
  try {
    return await Promise.race([transport.handleRequest(request, { authInfo, parsedBody }), whenClosed(transport)]);
  } finally {
    close();
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
