import { type ServerResponse } from 'node:http';
import { EieError, Shares } from 'execution-identity';
import { shareHolder } from 'execution-identity/internal';
import { type McpRequest } from '../protocol/mcp-request.js';

/** The streams of one route that stay open until somebody ends them: subscriptions, and those of sessions. They are bounded, in shares. */
export class Streams {
  readonly #open = new Shares();

  /**
   * Counts a request that opens a stream, until its response has closed.
   *
   * @throws EieError `limit_reached`
   */
  enter(response: ServerResponse, message: unknown, httpMethod: string | undefined, { record }: McpRequest): void {
    const { method } = (message ?? {}) as { method?: unknown };
    if (httpMethod !== 'GET' && method !== 'subscriptions/listen') return;
    const release = this.#open.lease(shareHolder(record.admitted));
    if (!release) throw new EieError('limit_reached');
    if (response.closed || response.destroyed) release();
    else response.once('close', release);
  }
}
