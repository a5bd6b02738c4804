import { Buffer } from 'node:buffer';

/**
 * One request as bytes can say it, and what has to come of it.
 *
 * @typedef {object} HostileRequest
 * @property {string} kind for the report
 * @property {string} [method] default GET
 * @property {string} [path] default /orders
 * @property {[string, string][]} headers characters are bytes (latin1)
 * @property {string} [body]
 * @property {string} [sub] the request is good: it must be answered as this user
 * @property {boolean} [authenticated] its credential is good and its body hostile: no tool may run for it
 */

export const bearer = token => ['Authorization', `Bearer ${token}`];

export const mcpHeaders = token => [
  bearer(token),
  ['Content-Type', 'application/json'],
  ['Accept', 'application/json, text/event-stream'],
  ['Mcp-Protocol-Version', '2025-11-25'],
];

/** The bytes of a request. Its trace id is how the audit records it causes are found. */
export function bytesOf({ method = 'GET', path = '/orders', headers, body }, traceId) {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', `traceparent: 00-${traceId}-00f067aa0ba902b7-01`];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  const payload = Buffer.from(body ?? '');
  if (body !== undefined) lines.push(`Content-Length: ${payload.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), payload]);
}
