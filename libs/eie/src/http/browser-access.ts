import { type IncomingHttpHeaders, type ServerResponse } from 'node:http';

/** What a client in a web page must be able to read: the challenge of a refusal, and the headers of MCP. */
const EXPOSED = 'WWW-Authenticate, Mcp-Session-Id, Mcp-Protocol-Version';

/**
 * Lets the page that has sent a request read the headers that a client needs. It does NOT say which pages may call: that is CORS of the
 * application (`app.enableCors()`), and `allowedOrigins` of the route.
 *
 * @param append adds a header to the response, beside those of the same name
 */
export function exposeHeaders({ origin }: IncomingHttpHeaders, append: (name: string, value: string) => void): void {
  if (origin !== undefined) append('Access-Control-Expose-Headers', EXPOSED);
}

/** Fastify keeps the headers of its plugins, CORS among them, in its reply. A response that is written past the reply needs them too. */
export function keepReplyHeaders(reply: { getHeaders?(): object }, response: ServerResponse): void {
  if ((reply as unknown) === response) return;
  for (const [name, value] of Object.entries(reply.getHeaders?.() ?? {}))
    if (value !== undefined) response.setHeader(name, value as string | string[]);
}
