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
  readonly #open = new Set<McpRequest['record']>();

  /** @param capacity of each kind */
  constructor(capacity?: number) {
    this.#streams = new Shares(capacity);
    this.#others = new Shares();
  }

  /**
   * Counts a request until its response has closed.
   *
   * @throws EieError `limit_reached`
   */
  enter(
    response: ServerResponse,
    message: unknown,
    httpMethod: string | undefined,
    { record }: Pick<McpRequest, 'record'>,
  ): void {
    const shares = staysOpen(message, httpMethod) ? this.#streams : this.#others;
    const release = shares.lease(shareHolder(record.admitted));
    if (!release) throw new EieError('limit_reached');
    this.#open.add(record);
    whenClosed(response, () => {
      release();
      this.#open.delete(record);
    });
  }

  /** Ends every open request with this error. */
  end(refusal: EieError): void {
    for (const { answer } of this.#open) answer?.end(refusal);
  }
}

/** Whether the answer to a request stays open until somebody ends it. */
export const staysOpen = (message: unknown, httpMethod: string | undefined): boolean =>
  httpMethod === 'GET' || (Array.isArray(message) ? message.some(isSubscription) : isSubscription(message));

export const isSubscription = (message: unknown): boolean =>
  (message as { method?: unknown } | null | undefined)?.method === 'subscriptions/listen';
