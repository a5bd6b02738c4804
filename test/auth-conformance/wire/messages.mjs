import { Buffer } from 'node:buffer';

/** The two protocol eras: each request for itself, and an `initialize` before all others. */
export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';
export const ERAS = [MODERN, LEGACY];

const META = 'io.modelcontextprotocol/';
const CLIENT = { name: 'auth-conformance', version: '1.0.0' };
const NAMED_BY = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/cancel': 'taskId',
};

/** A value that no header can hold goes as base64. */
const headerText = value =>
  /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value) ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;

let lastId = 0;
const nextId = () => ++lastId;

const COMMON = [
  ['content-type', 'application/json'],
  ['accept', 'application/json, text/event-stream'],
];

/** A request of revision 2026-07-28, which brings all that is known of its client. */
export function modern(
  method,
  params = {},
  { capabilities = {}, clientInfo = CLIENT, meta = {}, named = params[NAMED_BY[method]] } = {},
) {
  const _meta = {
    ...meta,
    [`${META}protocolVersion`]: MODERN,
    [`${META}clientInfo`]: clientInfo,
    [`${META}clientCapabilities`]: capabilities,
  };
  const headers = [...COMMON, ['mcp-protocol-version', MODERN], ['mcp-method', method]];
  if (named !== undefined) headers.push(['mcp-name', headerText(named)]);
  const id = nextId();
  return { id, headers, body: { jsonrpc: '2.0', id, method, params: { ...params, _meta } } };
}

export function initialize() {
  const id = nextId();
  return {
    id,
    headers: COMMON,
    body: {
      jsonrpc: '2.0',
      id,
      method: 'initialize',
      params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: CLIENT },
    },
  };
}

/** A message of revision 2025-11-25 after `initialize`. */
export function legacy(method, params = {}, sessionId = undefined) {
  const headers = [
    ...COMMON,
    ['mcp-protocol-version', LEGACY],
    ...(sessionId === undefined ? [] : [['mcp-session-id', sessionId]]),
  ];
  if (method.startsWith('notifications/')) return { headers, body: { jsonrpc: '2.0', method, params } };
  const id = nextId();
  return { id, headers, body: { jsonrpc: '2.0', id, method, params } };
}

/** Every JSON-RPC message of an answer, be it JSON or a stream of events. */
export function messagesIn({ headers, text }) {
  const isStream = headers['content-type']?.startsWith('text/event-stream');
  const parts = isStream
    ? text.split(/\r?\n\r?\n/).map(event =>
        event
          .split(/\r?\n/)
          .filter(line => line.startsWith('data:'))
          .map(line => line.slice(5))
          .join('\n'),
      )
    : [text];
  return parts.flatMap(part => {
    try {
      return JSON.parse(part);
    } catch {
      return [];
    }
  });
}

/** The response to the request `id`; `undefined` when there is none. */
export const responseTo = (answer, id) =>
  messagesIn(answer).find(message => message?.id === id && ('result' in message || 'error' in message));

/**
 * What came of a call: `ran` (the tool has done its work), `asks` (for more input), `fails` (with an error inside of a 2xx), or
 * `refused` (by an HTTP status).
 */
export function outcomeOf(answer, id) {
  if (answer.status >= 300) return 'refused';
  const { result } = responseTo(answer, id) ?? {};
  if (!result || result.isError) return 'fails';
  return result.resultType === 'input_required' ? 'asks' : 'ran';
}
