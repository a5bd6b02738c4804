import { type ServerResponse } from 'node:http';
import { type ExecutionRecord, type RequestRecord } from '../record/execution-record.js';

/** Milliseconds. A Node timer takes no more. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Milliseconds between two looks at a response that outlives its identity. */
const LOOK_AGAIN = 1_000;
/** Milliseconds that an answer has to be written after its execution has ended. */
const DELIVERY = 10_000;

interface Limits {
  /** Milliseconds from now until the identity expires. */
  readonly expiresIn: number;
  /** Milliseconds after its start for which an execution may still answer, whether its identity has expired or not. */
  readonly callDeadline: number;
}

/**
 * How long a response may stay open. When its identity expires, a stream that belongs to no execution ends at once; an answer that an
 * execution still works on is waited for, until the deadline of that call: its tool has run, and an agent that loses the answer acts
 * twice. A revocation ends a response whatever runs.
 *
 * It does NOT stop a handler, and it lends no identity: what the handler then calls downstream is refused.
 */
export class ResponseLifetime {
  readonly #expiresAt: number;
  #isRevoked = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly request: RequestRecord,
    private readonly limits: Limits,
  ) {
    // The monotonic clock: a system clock that is set back keeps nothing open.
    this.#expiresAt = performance.now() + limits.expiresIn;
    response.once('close', () => clearTimeout(this.#timer));
    this.#look();
  }

  /** The identity was revoked: nothing is waited for. */
  revoke(): void {
    this.#isRevoked = true;
    this.#look();
  }

  #look(): void {
    const now = performance.now();
    if (this.#isRevoked) return this.#endStream();
    if (now < this.#expiresAt) return this.#lookIn(this.#expiresAt - now);
    const answersUntil = this.#answersUntil();
    if (now < answersUntil) return this.#lookIn(Math.min(answersUntil - now, LOOK_AGAIN));
    // What has been written to its end is only on its way.
    if (this.response.writableEnded) return;
    if (this.#running().length) this.response.destroy();
    else this.#endStream();
  }

  /** A response that has not begun may be a short answer, or become a stream: that is seen when it begins. */
  #endStream(): void {
    if (this.response.headersSent) this.response.destroy();
    else this.#lookIn(LOOK_AGAIN);
  }

  #lookIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), Math.min(milliseconds, LONGEST_TIMER)).unref();
  }

  /** The moment until which an execution of the request may still answer; in the past when there is none. */
  #answersUntil(): number {
    const started = this.#running().map(one => one.startedAt! + this.limits.callDeadline);
    return Math.max(this.request.lastEnd + DELIVERY, ...started);
  }

  #running(): ExecutionRecord[] {
    return [...this.request.executions].filter(one => one.startedAt !== undefined);
  }
}
