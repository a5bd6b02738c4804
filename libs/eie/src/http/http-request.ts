import { type IncomingMessage, type ServerResponse } from 'node:http';

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

export const nodeResponse = (response: HttpResponse): ServerResponse => response.raw ?? response;
