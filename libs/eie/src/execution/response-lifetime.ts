import { CheapTimer } from './cheap-timer.js';
import { type ServerResponse } from 'node:http';
import { EieError } from 'execution-identity';
import { cutOff } from '../http/http-request.js';
import { type ExecutionRecord, type RequestRecord } from '../record/execution-record.js';

/** Milliseconds. A Node timer takes no more. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Milliseconds between two checks of a response that outlives its identity. */
const LOOK_AGAIN = 1_000;
/** Milliseconds for writing the answer after its execution has ended. */
const DELIVERY = 10_000;

interface Limits {
  /** Milliseconds from now until the identity expires. */
  readonly expiresIn: number;
  /** Milliseconds after its start for which an execution may still answer, whether its identity has expired or not. */
  readonly callDeadline: number;
}

/**
 * How long a response may stay open. When its identity expires, a stream that belongs to no execution ends at once. The answer of a
 * running execution may still be delivered until the deadline of that call: its tool has run, and an agent that loses the answer would
 * run it again. After a revocation no answer begins but a refusal, and one that has begun is ended. Where the protocol of the route has words
 * for it, the client is told first, and cut off a second later.
 *
 * It does NOT stop a handler, only what that still reads of an API. It does NOT extend the identity: downstream calls of the handler are refused then.
 */
export class ResponseLifetime {
  readonly #expiresAt: number;
  #isRevoked = false;
  readonly #timer = new CheapTimer(() => this.#look());

  constructor(
    private readonly response: ServerResponse,
    private readonly request: RequestRecord,
    private readonly limits: Limits,
  ) {
    // The monotonic clock: setting the system clock back must not keep a response open.
    const now = performance.now();
    this.#expiresAt = now + limits.expiresIn;
    this.#look(now);
  }

  /** The response has closed. */
  close(): void {
    this.#timer.stop();
  }

  /** Ends the response: its identity was revoked. */
  revoke(): void {
    // A revocation may be reported more than once, and the client needs its time to be told.
    if (this.#isRevoked) return;
    this.#isRevoked = true;
    this.#look();
  }

  #look(now = performance.now()): void {
    if (this.#isRevoked) return this.#cut('identity_revoked');
    if (now < this.#expiresAt) return this.#lookIn(this.#expiresAt - now);
    const answersUntil = this.#answersUntil();
    if (now < answersUntil) return this.#lookIn(Math.min(answersUntil - now, LOOK_AGAIN));
    // It is complete, and only has to be sent.
    if (this.response.writableEnded) return;
    this.#cut(this.#running().length ? 'call_overdue' : 'identity_expired');
  }

  #cut(reason: 'identity_revoked' | 'identity_expired' | 'call_overdue'): void {
    const { answer } = this.request;
    const isFirst = !this.request.ended;
    this.request.ended ??= new EieError(reason);
    for (const { stops } of this.request.executions) stops.end(this.request.ended);
    if (answer && isFirst) {
      answer.end(this.request.ended);
      this.#lookIn(LOOK_AGAIN);
    } else if (this.response.headersSent || reason === 'call_overdue') {
      cutOff(this.response);
    } else {
      if (reason === 'identity_revoked' && isFirst) this.#refuseAnswers();
      // It may become a short answer or a stream: check it again when it has begun.
      this.#lookIn(LOOK_AGAIN);
    }
  }

  /** From now on the response can begin as a refusal alone: our interceptor makes one. What writes an answer by itself is cut off. */
  #refuseAnswers(): void {
    const { response } = this;
    const writeHead = response.writeHead.bind(response) as (...given: unknown[]) => ServerResponse;
    response.writeHead = (...given: unknown[]) => {
      if (given[0] === 401) return writeHead(...given);
      cutOff(response);
      return response;
    };
  }

  #lookIn(milliseconds: number): void {
    this.#timer.start(Math.min(milliseconds, LONGEST_TIMER));
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
