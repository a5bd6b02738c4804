import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type ShareHolder } from 'execution-identity';

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

/** From where a request comes, for shares of what nobody has been identified for yet. Behind a proxy all come from one place. */
export const networkHolder = (request: HttpRequest): ShareHolder => [nodeRequest(request).socket?.remoteAddress ?? ''];

export const nodeResponse = (response: HttpResponse): ServerResponse => response.raw ?? response;
