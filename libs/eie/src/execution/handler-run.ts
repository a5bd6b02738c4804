import { type Observable, type Observer, type Subscriber, type Subscription, type Unsubscribable } from 'rxjs';

/** How the runs of handlers end. It is made once, and told each time what runs. */
export interface RunSteps<Running> {
  /** Makes the answer, or a promise of it, of what the handler returns. Where it throws, the handler has failed. */
  readonly resultOf: (running: Running, output: unknown) => unknown;
  /** Whether the answer may be complete without a value, as a stream of events may. */
  readonly isValueless: (running: Running) => boolean;
  /** Writes the outcome, before the answer is complete. */
  readonly succeed: (running: Running) => Promise<void>;
  /** Writes the outcome. @returns what the client is answered with */
  readonly fail: (running: Running, error: unknown) => Promise<unknown>;
  /** The subscriber waits no longer. */
  readonly abort: (running: Running) => void;
}

/**
 * One handler while it runs: passes on what it returns, each value as the answer that it becomes and in its order, and ends once. It is one
 * observer in place of a chain of operators, which would cost more than all checks of an identity.
 */
export class HandlerRun<Running> implements Observer<unknown>, Unsubscribable {
  readonly #waiting: unknown[] = [];
  #hasValue = false;
  #isBusy = false;
  #isComplete = false;
  #hasEnded = false;
  #source: Subscription | undefined;

  constructor(
    private readonly subscriber: Subscriber<unknown>,
    private readonly steps: RunSteps<Running>,
    private readonly running: Running,
  ) {}

  start(handled: Observable<unknown>): void {
    this.#source = handled.subscribe(this);
  }

  next(output: unknown): void {
    this.#hasValue = true;
    if (this.#isFree && !this.#waiting.length) return this.#pass(output);
    this.#waiting.push(output);
    this.#goOn();
  }

  /** Nest makes an error of an answer without a value: an outcome must not say the opposite. */
  complete(): void {
    if (!this.#hasValue && !this.steps.isValueless(this.running)) this.next(undefined);
    this.#isComplete = true;
    this.#goOn();
  }

  error(error: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#source?.unsubscribe();
    this.steps.fail(this.running, error).then(
      answer => this.subscriber.error(answer),
      (failure: unknown) => this.subscriber.error(failure),
    );
  }

  /** The subscriber waits no longer. */
  unsubscribe(): void {
    this.#source?.unsubscribe();
    if (!this.#hasEnded) this.steps.abort(this.running);
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
      const result = this.steps.resultOf(this.running, output);
      if (isPromiseLike(result)) this.#passLater(result);
      else this.subscriber.next(result);
    } catch (error) {
      this.error(error);
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
      (error: unknown) => this.error(error),
    );
  }

  #succeed(): void {
    this.#hasEnded = true;
    this.steps.succeed(this.running).then(
      () => this.subscriber.complete(),
      (error: unknown) => this.subscriber.error(error),
    );
  }
}

const isPromiseLike = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
