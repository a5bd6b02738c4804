import { type IncomingMessage, type ServerResponse } from 'node:http';
import { constants, Http2ServerResponse, type ServerHttp2Stream } from 'node:http2';
import { type ShareHolder } from 'execution-identity';
import { closeWhenFinished, failUnconnected, isUnconnected } from './unconnected-response.js';
import { closeWithConnection } from './waiting-response.js';

/** The request of either adapter: a Node request, or Fastify's wrapper with the Node request in `raw`. */
export type HttpRequest = IncomingMessage & {
  raw?: IncomingMessage;
  originalUrl?: string;
  query?: unknown;
  body?: unknown;
  user?: unknown;
  authInfo?: unknown;
};

export type HttpResponse = ServerResponse & { raw?: ServerResponse };

/** The Node request, which has every copy of a header. */
export const nodeRequest = (request: HttpRequest): IncomingMessage => request.raw ?? request;

/**
 * From where a request comes, for shares of what nobody has been identified for yet: an IPv4 address, or the network of an IPv6 address
 * (/64), of which one host has as many as it likes. Behind a proxy all requests come from one place.
 */
export function networkHolder(request: HttpRequest): ShareHolder {
  const address = nodeRequest(request).socket?.remoteAddress ?? '';
  if (!address.includes(':') || address.startsWith('::ffff:')) return [address];
  const [head = '', tail] = address.split('::');
  const groups = head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').length;
  return [[...groups, ...Array<string>(Math.max(0, missing)).fill('0')].slice(0, 4).join(':')];
}

/**
 * Whether the client has gone away, or has its whole answer. A response of HTTP/2 says so in its stream alone, and one that waits behind
 * another on its connection in nothing but that connection.
 */
export function isClosed(response: ServerResponse): boolean {
  const { closed, destroyed, req } = response as ServerResponse & { req?: { socket?: { destroyed?: boolean } } };
  if (closed || destroyed) return true;
  const stream = streamOf(response);
  return stream ? stream.closed || stream.destroyed : Boolean(req?.socket?.destroyed);
}

/** Of HTTP/2 alone: an application may give any response a property of this name. */
const streamOf = (response: object): ServerHttp2Stream | undefined =>
  response instanceof Http2ServerResponse ? response.stream : undefined;

/** Calls the listener once when the response has closed, at once where it has already: there will be no `close` event. */
export function whenClosed(response: ServerResponse, listener: () => void): void {
  if (isClosed(response)) return listener();
  response.once('close', listener);
  // It has its connection when its turn comes.
  if (!response.socket) closeWithConnection(response);
  else if (isUnconnected(response)) closeWhenFinished(response);
}

/** Ends a response before its answer is complete, so that its client takes what it has for no whole answer. */
export function cutOff(response: ServerResponse): void {
  const stream = streamOf(response);
  // Destroyed, it would end without an error: as after a whole answer.
  if (stream) return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  response.destroy();
  if (isUnconnected(response)) failUnconnected(response);
}

export const nodeResponse = (response: HttpResponse): ServerResponse => response.raw ?? response;

/** For an application's own `@CurrentUser()`. The library itself uses the record and never this property. Where it cannot be set it stays as it is. */
export function setUser(request: HttpRequest, user: unknown): void {
  try {
    request.user = user;
  } catch {
    // Somebody else has made it a getter.
  }
}
