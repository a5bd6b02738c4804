import { type Era } from './app.js';

export interface Message {
  jsonrpc: '2.0';
  id?: number | string;
  method: string;
  params: Record<string, any>;
}

/** What came back, whether as JSON or as a stream of events that has ended. */
export interface Answer {
  status: number;
  headers: Headers;
  challenge: string | null;
  /** In the order they came: answers, and what was told in between. */
  messages: any[];
  body: string;
}

const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1.0.0' },
};

/** A JSON-RPC request as a client of that era writes it. */
export const message = (
  era: Era,
  method: string,
  params: Record<string, unknown> = {},
  id: number | string = 1,
  capabilities: object = {},
): Message => ({
  jsonrpc: '2.0',
  id,
  method,
  params:
    era === '2025-11-25'
      ? params
      : {
          ...params,
          _meta: {
            ...MODERN,
            'io.modelcontextprotocol/clientCapabilities': capabilities,
            ...(params._meta as object | undefined),
          },
        },
});

/** The headers that go with it. */
export const headersFor = (era: Era, { method, params }: Message): Record<string, string> => ({
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': era,
  ...(era === '2026-07-28' && {
    'mcp-method': method,
    ...((params.name ?? params.uri) !== undefined && { 'mcp-name': String(params.name ?? params.uri) }),
  }),
});

export interface Sending {
  path?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Sends it, or several as a batch, and returns the response as it begins. */
export function open(
  url: string,
  token: string,
  era: Era,
  body: Message | Message[],
  { path = '/mcp', headers = {}, signal }: Sending = {},
): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headersFor(era, [body].flat()[0]!), ...headers },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** The same, to its end: what the official client never sends, or never shows. */
export async function send(...sending: Parameters<typeof open>): Promise<Answer> {
  const response = await open(...sending);
  const body = await response.text();
  const messages = response.headers.get('content-type')?.startsWith('text/event-stream')
    ? eventsIn(body)
    : [jsonIn(body)].flat();
  return {
    status: response.status,
    headers: response.headers,
    challenge: response.headers.get('www-authenticate'),
    messages,
    body,
  };
}

/** The messages of a stream, without those that only keep it open. */
export const eventsIn = (stream: string): any[] =>
  [...stream.matchAll(/^data: ?(\{.*\})$/gm)].map(([, data]) => JSON.parse(data!));

function jsonIn(body: string): any {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
