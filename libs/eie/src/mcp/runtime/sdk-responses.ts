import { type AuthInfo, createMcpHandler, type McpHttpHandler, type McpServer } from '@modelcontextprotocol/server';
import { answerDirectly } from '../protocol/direct-answer.js';
import { requestOf } from '../protocol/mcp-request.js';
import { methodNotAllowed } from '../protocol/rpc-error.js';
import { answerCancelled } from './open-calls.js';
import { hasSingleAnswer, singleAnswer } from './single-answer.js';
import { isSubscription } from './streams.js';

/** What the official SDK answers to requests of no session: each has a server of its own. */
export class SdkResponses {
  readonly #handler = this.#sdkHandler();
  /** Apart, since closing it ends them: calls go on meanwhile. */
  readonly #subscriptions = this.#sdkHandler();
  #isClosing = false;

  /**
   * @param open makes the server of a request
   * @param isConfigured whether code of the application has had the server, and may tell a client something at any time
   */
  constructor(
    private readonly open: (authInfo: AuthInfo | undefined) => Promise<McpServer>,
    private readonly isConfigured: boolean,
  ) {}

  /** @param request `undefined` for a method that MCP does not have */
  of(request: Request | undefined, authInfo: AuthInfo, message: unknown): Response | Promise<Response> {
    if (!request) return methodNotAllowed();
    if (!this.isConfigured && hasSingleAnswer(request, message))
      return singleAnswer(request, () => this.#directServer(authInfo), authInfo, message);
    const given = { authInfo, ...(message !== undefined && { parsedBody: message }) };
    return isSubscription(message) ? this.#subscribe(request, given) : this.#handler.fetch(request, given);
  }

  /** From now on there are none. */
  async closeSubscriptions(): Promise<void> {
    this.#isClosing = true;
    await this.#subscriptions.close();
  }

  /** The SDK opens one that has come before it was closed. */
  async #subscribe(...asked: Parameters<McpHttpHandler['fetch']>): Promise<Response> {
    const response = await this.#subscriptions.fetch(...asked);
    if (this.#isClosing) await this.#subscriptions.close();
    return response;
  }

  async close(): Promise<void> {
    await this.#handler.close();
  }

  #sdkHandler(): McpHttpHandler {
    return createMcpHandler(
      async ({ authInfo, era }) =>
        era === 'modern' ? this.#directServer(authInfo) : answerCancelled(await this.open(authInfo)),
      // The SDK counts those of all principals together.
      { maxSubscriptions: Infinity },
    );
  }

  /** For one request. */
  async #directServer(authInfo: AuthInfo | undefined): Promise<McpServer> {
    const { exchange } = requestOf(authInfo);
    const server = await this.open(authInfo);
    return exchange ? answerDirectly(server, exchange, this.isConfigured) : server;
  }
}
