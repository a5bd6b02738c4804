import { createHash } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { decodeJwt } from 'jose';
import { type SeenToken, report } from './messages.js';

interface Arrived {
  readonly server: Server;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const witnessed = new WeakSet<Server>();

/** Reports every request as it came off the wire, before the application of this process sees it. */
export const witness = (server: Server): void => void witnessed.add(server);

// When this file is loaded, before the application: its edge takes credentials off on the same channel, and would be first.
subscribe('http.server.request.start', message => {
  const { server, request, response } = message as Arrived;
  if (witnessed.has(server)) reportArrival(request, response);
});

function reportArrival(request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request;
  const rawHeaders = [...request.rawHeaders];
  const body = recorded(request);
  const accessToken = takeHeader(rawHeaders, 'authorization')?.replace(/^Bearer /i, '');
  const txnToken = takeHeader(rawHeaders, 'txn-token');
  const { authorization: _own, 'txn-token': _too, ...otherHeaders } = headers;
  response.once('close', () => {
    report({
      kind: 'request',
      seen: {
        traceId: String(headers.traceparent).split('-')[1] ?? '',
        accessToken: seenToken(accessToken),
        txnToken: seenToken(txnToken),
      },
      captured: { accessToken, txnToken },
      rest: JSON.stringify({
        method,
        url,
        headers: otherHeaders,
        rawHeaders,
        trailers: request.rawTrailers,
        body: Buffer.concat(body).toString('latin1'),
      }),
    });
  });
}

/** Takes one header out of a raw list: a second one of the same name stays, and is searched. */
function takeHeader(rawHeaders: string[], name: string): string | undefined {
  const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  return at < 0 ? undefined : rawHeaders.splice(at, 2)[1];
}

/** The body as it arrives. A `data` listener would start the stream before the application has one of its own. */
function recorded(request: IncomingMessage): Buffer[] {
  const chunks: Buffer[] = [];
  const push = request.push.bind(request);
  request.push = (chunk: Buffer | null, ...rest) => {
    if (chunk) chunks.push(chunk);
    return push(chunk, ...rest);
  };
  return chunks;
}

function seenToken(token: string | undefined): SeenToken | undefined {
  if (token === undefined) return undefined;
  return { sha256: createHash('sha256').update(token).digest('hex'), claims: claimsOf(token) };
}

function claimsOf(token: string): Record<string, unknown> {
  try {
    return decodeJwt(token);
  } catch {
    return {};
  }
}
