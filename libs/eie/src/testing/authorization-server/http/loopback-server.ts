import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

const LOOPBACK = '127.0.0.1';
/** Bytes of a body. */
const MAX_BODY = 1024 * 1024;

/** A request to a server of the test kit, with its body. */
export interface LoopbackRequest {
  readonly method: string;
  /** With its query, against the address of the server. */
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** `undefined` ends the connection without an answer. */
export interface LoopbackAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text, or who writes the answer as it comes, and ends it. */
  readonly body?: string | ((response: ServerResponse) => void);
}

export interface LoopbackServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A server on the loopback interface. It answers requests under its own address alone (else 421), so that no page which rebinds its name to
 * loopback reads what is here.
 *
 * @param port 0: a free one
 */
export async function startLoopbackServer(
  answer: (request: LoopbackRequest) => Promise<LoopbackAnswer | undefined>,
  port = 0,
): Promise<LoopbackServer> {
  const server = createServer();
  // Longer than clients keep a connection: one that sends while it is closed would get a reset.
  server.keepAliveTimeout = 120_000;
  await once(server.listen(port, LOOPBACK), 'listening');
  const host = `${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;
  server.on('request', (request, response) => {
    const isOurs = [host, host.replace(LOOPBACK, 'localhost')].includes(request.headers.host ?? '');
    void (isOurs ? respond(request, response, url, answer) : send(response, { status: 421 }));
  });
  return {
    url,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  base: string,
  answer: (request: LoopbackRequest) => Promise<LoopbackAnswer | undefined>,
): Promise<void> {
  try {
    const body = await bodyOf(request);
    if (body === undefined) return send(response, { status: 413 });
    const { method = 'GET', headers, rawHeaders } = request;
    const url = new URL(request.url?.startsWith('/') ? base + request.url : base);
    const answered = await answer({ method, url, headers, rawHeaders, body });
    if (answered) send(response, answered);
    else response.destroy();
  } catch {
    if (!response.headersSent) send(response, { status: 500 });
  }
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_BODY) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: LoopbackAnswer): void {
  response.writeHead(status, headers);
  if (typeof body === 'string') response.end(body);
  else body(response);
}

/** With the headers that keep an answer out of caches: RFC 6749 §5.1. */
export const json = (
  status: number,
  content: unknown,
  headers: Readonly<Record<string, string>> = {},
): LoopbackAnswer => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  body: JSON.stringify(content),
});
