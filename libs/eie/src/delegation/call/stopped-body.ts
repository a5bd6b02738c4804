import { type EieError } from 'execution-identity';
import { type Stops } from '../../record/stops.js';

/**
 * The body of an answer, which is read no longer than its execution may last: a target may send one that never ends. It is taken, and watched, from
 * the first read on: one that nobody reads is let go with its answer.
 */
export class StoppedBody {
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #release = (): void => undefined;
  #reason: EieError | undefined;

  constructor(
    private readonly body: ReadableStream<Uint8Array>,
    private readonly stops: Stops,
  ) {}

  /**
   * The next piece; `undefined` at the end.
   *
   * @throws EieError why the execution was ended; what the body says when it breaks off
   */
  async next(): Promise<Uint8Array | undefined> {
    const reader = (this.#reader ??= this.#taken());
    try {
      const { value } = await reader.read();
      // One that is cancelled looks like one that has come to its end.
      if (this.#reason) throw this.#reason;
      if (!value) this.#release();
      return value;
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#release();
    await (this.#reader ?? this.body).cancel(reason);
  }

  #taken(): ReadableStreamDefaultReader<Uint8Array> {
    const reader = this.body.getReader();
    this.#release = this.stops.add(reason => {
      this.#reason = reason;
      reader.cancel(reason).catch(() => undefined);
    });
    return reader;
  }
}
