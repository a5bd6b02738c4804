import { type Observable, type Subscriber, type Subscription } from 'rxjs';

export interface HandlerRunParts {
  /** Makes the answer, or a promise of it, of what the handler returns. Where it throws, the handler has failed. */
  readonly resultOf: (output: unknown) => unknown;
  /** Writes the outcome, before the answer is complete. */
  readonly succeed: () => Promise<void>;
  /** Writes the outcome. @returns what the client is answered with */
  readonly fail: (error: unknown) => Promise<unknown>;
  /** The subscriber waits no longer. */
  readonly abort: () => void;
}

/**
 * One handler while it runs: passes on what it returns, each value as the answer that it becomes and in its order, and ends once. It is one
 * observer in place of a chain of operators, which would cost more than all checks of an identity.
 */
export class HandlerRun {
  readonly #waiting: unknown[] = [];
  #isBusy = false;
  #isComplete = false;
  #hasEnded = false;
  #source: Subscription | undefined;

  constructor(
    private readonly subscriber: Subscriber<unknown>,
    private readonly parts: HandlerRunParts,
  ) {}

  /** @returns what ends it when the subscriber waits no longer */
  start(handle: () => Observable<unknown>): () => void {
    try {
      this.#source = handle().subscribe({
        next: output => this.#next(output),
        error: (error: unknown) => this.#fail(error),
        complete: () => {
          this.#isComplete = true;
          this.#goOn();
        },
      });
    } catch (error) {
      this.#fail(error);
    }
    return () => {
      this.#source?.unsubscribe();
      if (!this.#hasEnded) this.parts.abort();
    };
  }

  #next(output: unknown): void {
    this.#waiting.push(output);
    this.#goOn();
  }

  #goOn(): void {
    while (this.#isFree && this.#waiting.length) this.#pass(this.#waiting.shift());
    if (this.#isFree && this.#isComplete) this.#succeed();
  }

  get #isFree(): boolean {
    return !this.#isBusy && !this.#hasEnded && !this.subscriber.closed;
  }

  #pass(output: unknown): void {
    try {
      const result = this.parts.resultOf(output);
      if (isPromiseLike(result)) this.#passLater(result);
      else this.subscriber.next(result);
    } catch (error) {
      this.#fail(error);
    }
  }

  #passLater(result: PromiseLike<unknown>): void {
    this.#isBusy = true;
    result.then(
      value => {
        this.#isBusy = false;
        this.subscriber.next(value);
        this.#goOn();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #succeed(): void {
    this.#hasEnded = true;
    this.parts.succeed().then(
      () => this.subscriber.complete(),
      (error: unknown) => this.subscriber.error(error),
    );
  }

  #fail(error: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#source?.unsubscribe();
    this.parts.fail(error).then(
      answer => this.subscriber.error(answer),
      (failure: unknown) => this.subscriber.error(failure),
    );
  }
}

const isPromiseLike = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
