import { type ServerResponse } from 'node:http';
import { EieError, Shares } from 'execution-identity';
import { shareHolder } from 'execution-identity/internal';
import { whenClosed } from '../../http/http-request.js';
import { type McpRequest } from '../protocol/mcp-request.js';

/**
 * The open requests of one route, bounded in shares: the streams that stay open until somebody ends them (subscriptions, and those of
 * sessions), and apart from them all others, whose answer may be a stream too.
 */
export class Streams {
  readonly #streams: Shares;
  readonly #others: Shares;
  /** Whether each stays open until somebody ends it. */
  readonly #open = new Map<McpRequest['record'], boolean>();
  #closing?: NodeJS.Timeout;

  /** @param capacity of each kind */
  constructor(capacity?: number) {
    this.#streams = new Shares(capacity);
    this.#others = new Shares();
  }

  /**
   * Counts a request until its response has closed.
   *
   * @throws EieError `limit_reached`, and `server_closing` for what would stay open after {@link close}
   */
  enter(
    response: ServerResponse,
    message: unknown,
    httpMethod: string | undefined,
    { record }: Pick<McpRequest, 'record'>,
  ): void {
    const stays = staysOpen(message, httpMethod);
    if (this.#closing && stays) throw new EieError('server_closing');
    const shares = stays ? this.#streams : this.#others;
    const release = shares.lease(shareHolder(record.admitted));
    if (!release) throw new EieError('limit_reached');
    this.#open.set(record, stays);
    whenClosed(response, () => {
      release();
      this.#open.delete(record);
    });
  }

  /** Ends every open request with this error. */
  end(refusal: EieError): void {
    clearTimeout(this.#closing);
    for (const [{ answer }] of this.#open) answer?.end(refusal);
  }

  /** The application is being closed: what stays open ends at once, and every other request after this time. */
  close(milliseconds: number): void {
    const refusal = new EieError('server_closing');
    this.#closing ??= setTimeout(() => this.end(refusal), milliseconds).unref();
    for (const [{ answer }, stays] of this.#open) if (stays) answer?.end(refusal);
  }
}

/** Whether the answer to a request stays open until somebody ends it. */
export const staysOpen = (message: unknown, httpMethod: string | undefined): boolean =>
  httpMethod === 'GET' || (Array.isArray(message) ? message.some(isSubscription) : isSubscription(message));

export const isSubscription = (message: unknown): boolean =>
  (message as { method?: unknown } | null | undefined)?.method === 'subscriptions/listen';
