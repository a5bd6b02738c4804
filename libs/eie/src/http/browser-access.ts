import { type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { type AbstractHttpAdapter } from '@nestjs/core';

/** What a client in a web page must be able to read: the challenge of a refusal, the nonce for its next proof, and the headers of MCP. */
const EXPOSED = 'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, Mcp-Protocol-Version';
const ALLOW_ORIGIN = 'Access-Control-Allow-Origin';

/**
 * Lets the page that has sent a request read the headers that a client needs. It does NOT say which pages may call: that is CORS of the
 * application (`app.enableCors()`), and `allowedOrigins` of the route.
 *
 * @param append adds a header to the response, beside those of the same name
 */
export function exposeHeaders({ origin }: IncomingHttpHeaders, append: (name: string, value: string) => void): void {
  if (origin !== undefined) append('Access-Control-Expose-Headers', EXPOSED);
}

/**
 * Lets every web page read a public document. Where CORS of the application names the page that asks, that stays: it may have sent
 * credentials, and then "*" counts for nothing (Fetch standard, CORS check).
 */
export function openToPages(
  adapter: Pick<AbstractHttpAdapter, 'getHeader' | 'setHeader'>,
  { origin }: IncomingHttpHeaders,
  response: unknown,
): void {
  if (origin === undefined || adapter.getHeader(response, ALLOW_ORIGIN) !== origin)
    adapter.setHeader(response, ALLOW_ORIGIN, '*');
}

/** Fastify keeps the headers of its plugins, CORS among them, in its reply. A response that is written past the reply needs them too. */
export function keepReplyHeaders(reply: { getHeaders?(): object }, response: ServerResponse): void {
  if ((reply as unknown) === response) return;
  for (const [name, value] of Object.entries(reply.getHeaders?.() ?? {}))
    if (value !== undefined) response.setHeader(name, value as string | string[]);
}
