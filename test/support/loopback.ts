import { createServer, type IncomingHttpHeaders, request, type RequestListener, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type INestApplication } from '@nestjs/common';
import { beforeTheEdge } from './wire.js';

/**
 * Keeps idle connections for longer than a test takes. A process that is busy for the 5 seconds of Node's default closes a connection in the
 * same turn in which its client sends on it.
 */
export function keepConnections(server: { keepAliveTimeout: number }): void {
  server.keepAliveTimeout = 120_000;
}

export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

export interface Loopback {
  url: string;
  /** Every request, as it came. */
  requests: Received[];
  close(): Promise<void>;
}

/** A server on the loopback interface that keeps what it is sent. Answers `{}` unless told otherwise. */
export async function startLoopback(
  answer: RequestListener = (_request, response) => response.end('{}'),
): Promise<Loopback> {
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    requests.push({ method: request.method!, url: request.url!, headers: request.headers });
    response.setHeader('content-type', 'application/json');
    answer(request, response);
  });
  keepConnections(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One request whose headers go out as given, name after name: `fetch` would merge two of one name. */
export function sendRaw(
  url: string,
  { method = 'GET', headers = [], body }: { method?: string; headers?: string[]; body?: string },
): Promise<RawAnswer> {
  const lines = [
    'Host',
    new URL(url).host,
    ...(body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]),
    ...headers,
  ];
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: lines, agent: false }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
    });
    sent.on('error', reject).end(body);
  });
}

/** Shows the headers of each request as they arrive. Call it when the application listens. */
export function onTheWire(app: INestApplication, show: (headers: IncomingHttpHeaders) => void): void {
  beforeTheEdge(app.getHttpServer() as Server, ({ headers }) => show(headers));
}
