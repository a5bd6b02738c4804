import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
  type McpServer,
  type RequestId,
  type Transport,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { EieError } from 'execution-identity';
import { type McpRequest, requestOf } from '../protocol/mcp-request.js';
import { errorMessage } from '../protocol/rpc-error.js';

/** Requests of one session that are not answered yet. */
const UNANSWERED = 1_000;
const CLOSING = { code: -32_000, message: 'The server is being stopped, and waits for no answer.' };
const CANCELLED = { code: -32_000, message: 'The request was cancelled.' };

/**
 * The requests that came to one transport of the 2025 protocol and have no answer yet. It notes at each which requests bring the answers of its
 * user: their tokens may hold fewer rights than the one that the call came with. Only an answer that the SDK gets is noted, at the question
 * that is open.
 *
 * The SDK never answers a request that is cancelled. Its stream is ended at once, and its id is free when its handler has ended: what that
 * still sends must not reach a later request with this id.
 */
export class OpenCalls {
  readonly #calls = new Map<RequestId, McpRequest>();
  /** The ids of calls by those of their questions, which the SDK compares as numbers. */
  readonly #questions = new Map<number, RequestId>();
  readonly #cancelled = new Set<RequestId>();
  readonly #deliver: WebStandardStreamableHTTPServerTransport['onmessage'];
  #isClosing = false;

  /** @param transport that a server is connected to */
  constructor(private readonly transport: WebStandardStreamableHTTPServerTransport) {
    const deliver = (this.#deliver = transport.onmessage);
    transport.onmessage = (message, extra) => {
      this.#receive(message, requestOf(extra?.authInfo));
      deliver?.(message, extra);
      this.#cancel(message);
    };
    const send = transport.send.bind(transport);
    transport.send = (message, options) => {
      const id = options?.relatedRequestId;
      if (isJSONRPCRequest(message) && id !== undefined) this.#ask(Number(message.id), id);
      if (isJSONRPCResponse(message) && message.id !== undefined) this.forget(message.id);
      const sent = send(message, options);
      if (this.#isClosing) this.endQuestions();
      return sent;
    };
  }

  /**
   * The SDK sends an answer to whoever asked last with its id. An id that is not answered yet is refused: its answer may be for a token
   * with more rights.
   *
   * @returns the ids that are waited for from now on; `undefined` where one of them is in use
   * @throws EieError `limit_reached`
   */
  expect(body: unknown, request: McpRequest): RequestId[] | undefined {
    const ids = [body].flat().flatMap(message => (isJSONRPCRequest(message) ? [message.id] : []));
    if (ids.some(id => this.#calls.has(id)) || new Set(ids).size < ids.length) return undefined;
    if (this.#calls.size + ids.length > UNANSWERED) throw new EieError('limit_reached');
    for (const id of ids) this.#calls.set(id, request);
    return ids;
  }

  /** It has its answer. */
  forget(id: RequestId): void {
    this.#calls.delete(id);
    this.#cancelled.delete(id);
    for (const [question, call] of this.#questions) if (call === id) this.#questions.delete(question);
  }

  /** Ends what waits for an answer of the user, who may take any time for it, and whatever asks from now on. */
  endQuestions(): void {
    this.#isClosing = true;
    for (const id of this.#questions.keys()) this.#deliver?.({ jsonrpc: '2.0', id, error: CLOSING });
    this.#questions.clear();
  }

  #receive(message: JSONRPCMessage, request: McpRequest): void {
    if (isJSONRPCRequest(message)) this.#calls.set(message.id, request);
    if (!isJSONRPCResponse(message)) return;
    const question = Number(message.id);
    const id = this.#questions.get(question);
    if (id !== undefined) this.#calls.get(id)?.answers.get(id)?.push(request);
    this.#questions.delete(question);
  }

  #ask(question: number, id: RequestId): void {
    this.#questions.set(question, id);
    const call = this.#calls.get(id);
    if (call && !call.answers.has(id)) call.answers.set(id, []);
  }

  #cancel(message: JSONRPCMessage): void {
    if (!isJSONRPCNotification(message) || message.method !== 'notifications/cancelled') return;
    const id = message.params?.requestId as RequestId;
    const call = this.#calls.get(id);
    if (!call || this.#cancelled.has(id)) return;
    this.#cancelled.add(id);
    // Those of one batch share a stream.
    if (![...this.#calls].some(([other, its]) => its === call && !this.#cancelled.has(other)))
      this.transport.closeSSEStream(id);
    // The SDK starts a handler, and aborts it, a moment after it gets a message.
    setImmediate(() => {
      const end = (): void => this.#end(id, call);
      void Promise.resolve(call.running.get(id)).then(end, end);
    });
  }

  /** Has the transport forget it too. Who shares its stream with others is told. */
  #end(id: RequestId, call: McpRequest): void {
    if (this.#calls.get(id) !== call) return;
    this.transport.send({ ...errorMessage(id, CANCELLED), jsonrpc: '2.0', id }).catch(() => undefined);
  }
}

/** Has the cancelled requests of a batch end, where one server serves one HTTP request. */
export function answerCancelled(server: McpServer): McpServer {
  const connect = server.connect.bind(server);
  server.connect = async (transport: Transport) => {
    await connect(transport);
    if (transport instanceof WebStandardStreamableHTTPServerTransport) new OpenCalls(transport);
  };
  return server;
}
