import { EieError } from 'execution-identity';

/** Milliseconds. A Node timer takes no more. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** A job as a queue has it. */
export interface QueuedJob {
  /** The name of the queue. */
  readonly queue: string;
  /** Its id in the queue. */
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  /** Which start of the job this is, from 1. A queue that counts retries from 0 adds one; a restart after a crash is one more. */
  readonly attempt: number;
}

/** The job that a handler with `@JobHandler()` gets. */
export interface RunningJob<Data = unknown> extends QueuedJob {
  /** A copy of what was sealed, as JSON gives it back. Check it as you check any input: whoever started the job has chosen it. */
  readonly data: Data;
  /** Aborts when the identity is revoked or expires. Hand it to whatever takes long. */
  readonly signal: AbortSignal;
}

/** What ends a job before its handler does. */
export class JobEnding {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** @param expiresIn milliseconds until its identity expires */
  constructor(expiresIn: number) {
    this.#timer = setTimeout(() => this.end('identity_expired'), Math.min(expiresIn, LONGEST_TIMER)).unref();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(code: 'identity_revoked' | 'identity_expired'): void {
    if (!this.signal.aborted) this.#controller.abort(new EieError(code));
  }

  /** @param data the copy that was checked */
  jobOf(queued: QueuedJob, data: unknown): RunningJob {
    return Object.freeze({ ...queued, data, signal: this.signal });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** The result of the handler, or why the job has ended before: whatever the handler still does, it does for nobody. */
  async orResult<Result>(handled: () => Promise<Result>): Promise<Result> {
    this.signal.throwIfAborted();
    const ended = new Promise<never>((_resolve, reject) =>
      this.signal.addEventListener('abort', () => reject(this.signal.reason as EieError), { once: true }),
    );
    const result = await Promise.race([handled(), ended]);
    this.signal.throwIfAborted();
    return result;
  }
}
