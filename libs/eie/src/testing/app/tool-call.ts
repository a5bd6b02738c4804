import { FAILURE_META } from '../../mcp/protocol/failed-tool.js';
import { type HttpAnswer, httpAnswer, jsonIn, type TestJson } from './http-answer.js';

/** The revisions of MCP that are tested: without a session, and with the handshake of the older clients. */
export const MCP_ERAS = ['2026-07-28', '2025-11-25'] as const;
export type McpEra = (typeof MCP_ERAS)[number];

/** What came back for a call of a tool. */
export interface ToolAnswer {
  /** Of HTTP. A tool that has failed answers 200; a refusal before the tool is 401 or 403. */
  readonly status: number;
  /** Whether the call was refused or has failed, wherever. */
  readonly isError: boolean;
  /** The texts of the content, one after the other. */
  readonly text: string;
  /** The text, where it is JSON; else `undefined`. */
  readonly json: TestJson;
  /** `structuredContent`. */
  readonly structured: TestJson;
  /** Of a refusal: its code where the tool's answer has one, or that of JSON-RPC. */
  readonly code: string | number | undefined;
  /** `WWW-Authenticate`. */
  readonly challenge: string | undefined;
  /** The result of JSON-RPC, whole. */
  readonly result: TestJson;
}

interface Message {
  readonly jsonrpc: '2.0';
  readonly id?: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Sends one message. */
export type Send = (headers: Readonly<Record<string, string>>, body: string) => Promise<Response>;

const CLIENT = { name: 'nestjs-eie-testing', version: '1.0.0' };
const META = 'io.modelcontextprotocol';

/** Calls a tool as a client of that era does: MCP 2026-07-28, or 2025-11-25 after its handshake. */
export async function callTool(send: Send, era: McpEra, name: string, input: object): Promise<ToolAnswer> {
  const params = { name, arguments: input };
  if (era === '2026-07-28')
    return toolAnswer(await exchange(send, era, request('tools/call', { ...params, ...meta(era) })));
  const opened = await exchange(
    send,
    era,
    request('initialize', { protocolVersion: era, capabilities: {}, clientInfo: CLIENT }),
  );
  if (!opened.ok) return toolAnswer(opened);
  const session = opened.headers.get('mcp-session-id');
  const inSession = session === null ? {} : { 'mcp-session-id': session };
  await exchange(send, era, { jsonrpc: '2.0', method: 'notifications/initialized', params: {} }, inSession);
  return toolAnswer(await exchange(send, era, request('tools/call', params), inSession));
}

const request = (method: string, params: Readonly<Record<string, unknown>>): Message => ({
  jsonrpc: '2.0',
  id: 1,
  method,
  params,
});

const meta = (era: McpEra): object => ({
  _meta: { [`${META}/protocolVersion`]: era, [`${META}/clientInfo`]: CLIENT, [`${META}/clientCapabilities`]: {} },
});

async function exchange(send: Send, era: McpEra, message: Message, headers: Readonly<Record<string, string>> = {}) {
  const response = await send(
    {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': era,
      ...(era === '2026-07-28' && { 'mcp-method': message.method, 'mcp-name': String(message.params.name) }),
      ...headers,
    },
    JSON.stringify(message),
  );
  return httpAnswer(response);
}

function toolAnswer(answer: HttpAnswer): ToolAnswer {
  const { result, error } = messageIn(answer);
  const texts = ((result?.content ?? []) as { type: string; text?: string }[]).map(({ text = '' }) => text);
  const text = result ? texts.join('\n') : (error?.message ?? answer.text);
  const structured = result?.structuredContent as Record<string, unknown> | undefined;
  const failure = result?._meta?.[FAILURE_META] as Record<string, unknown> | undefined;
  const code = error?.code ?? failure?.code ?? structured?.code;
  return {
    status: answer.status,
    isError: !answer.ok || error !== undefined || result === undefined || result.isError === true,
    text,
    json: jsonIn(text),
    structured,
    code: code as string | number | undefined,
    challenge: answer.challenge,
    result,
  };
}

interface Reply {
  readonly jsonrpc?: unknown;
  readonly result?: {
    readonly content?: unknown;
    readonly structuredContent?: unknown;
    readonly isError?: unknown;
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
  readonly error?: { readonly code: number; readonly message: string };
}

/** The answer, from JSON or from a stream of events in which notifications may come before. */
function messageIn({ headers, text, json }: HttpAnswer): Reply {
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  const messages = isStream
    ? [...text.matchAll(/^data: ?(\{.*\})\r?$/gm)].map(([, data]) => jsonIn(data!))
    : [json as unknown];
  const replies = messages.map(one => Object(one) as Reply);
  return replies.find(one => one.jsonrpc === '2.0' && (one.result ?? one.error) !== undefined) ?? {};
}
