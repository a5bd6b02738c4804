import {
  isJSONRPCNotification,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type RequestId,
} from '@modelcontextprotocol/server';
import { type McpRequest } from '../protocol/mcp-request.js';
import { isSubscription } from '../runtime/streams.js';

export interface OpenMessage {
  readonly message: JSONRPCRequest;
  readonly request: McpRequest;
  /** Whether nobody waits for its answer any more: the SDK sends none. */
  isCancelled: boolean;
}

/**
 * The requests of one connection that have no answer yet, and those that are cancelled and still run. A subscription is none of them: it
 * ends with the connection.
 */
export class OpenMessages {
  readonly #open = new Map<RequestId, OpenMessage>();
  readonly #whenOver = new Set<() => void>();

  get unanswered(): RequestId[] {
    return [...this.#open].flatMap(([id, { isCancelled }]) => (isCancelled ? [] : [id]));
  }

  add(message: JSONRPCRequest, request: McpRequest): void {
    if (!isSubscription(message)) this.#open.set(message.id, { message, request, isCancelled: false });
  }

  get(id: RequestId | undefined): OpenMessage | undefined {
    return id === undefined ? undefined : this.#open.get(id);
  }

  /** It has its answer. Its client may have used its id again since. */
  forget(open: OpenMessage): void {
    const { id } = open.message;
    if (this.#open.get(id) === open) this.#open.delete(id);
    if (this.#open.size) return;
    for (const tell of this.#whenOver) tell();
    this.#whenOver.clear();
  }

  /** The SDK has been given this message: a request that it cancels gets no answer. */
  delivered(message: JSONRPCMessage): void {
    if (!isJSONRPCNotification(message) || message.method !== 'notifications/cancelled') return;
    const open = this.get(message.params?.requestId as RequestId | undefined);
    if (open) this.#cancel(open);
  }

  /** The client has gone away: no request gets an answer. */
  cancelAll(): void {
    for (const open of this.#open.values()) this.#cancel(open);
  }

  /** Resolves when each request has its answer and no handler runs, or after this time. */
  async over(milliseconds: number): Promise<void> {
    if (!this.#open.size) return;
    let deadline: NodeJS.Timeout | undefined;
    await new Promise<void>(resolve => {
      this.#whenOver.add(resolve);
      deadline = setTimeout(resolve, milliseconds);
    });
    clearTimeout(deadline);
  }

  #cancel(open: OpenMessage): void {
    if (open.isCancelled) return;
    open.isCancelled = true;
    // The SDK starts a handler a moment after it gets a message.
    setImmediate(() => {
      const end = (): void => this.forget(open);
      void Promise.resolve(open.request.running.get(open.message.id)).then(end, end);
    });
  }
}
