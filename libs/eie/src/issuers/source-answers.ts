import { LRUCache } from 'lru-cache';
import { EieError, type ShareHolder, Shares } from 'execution-identity';
import { isFresh } from 'execution-identity/internal';

interface Answer<Value> {
  readonly value: Value | undefined;
  readonly at: number;
}

const CAPACITY = 1_000;
/** Seconds. */
const ASK_AGAIN = 60;
/** Questions that a source is asked at one time for the first time. */
const PENDING = 256;

/** What a source of the application has answered. Answers are cached for a minute; the cache is bounded. A failure is not cached. */
export class SourceAnswers<Value> {
  readonly #answers = new LRUCache<string, Answer<Value>>({ max: CAPACITY });
  /** The look-ups that are being waited for. */
  readonly #pending = new Map<string, Promise<Value | undefined>>();
  readonly #shares = new Shares(PENDING);

  /** @param now seconds since the epoch */
  constructor(private readonly now: () => number) {}

  /**
   * @param from who asks: nobody may use up what the source can be asked at one time
   * @returns nothing to wait for where the last answer is fresh; the promise rejects with EieError `limit_reached`, and with what `ask` rejects with
   */
  find(
    key: string,
    ask: () => Promise<Value | undefined>,
    from: ShareHolder,
  ): Promise<Value | undefined> | Value | undefined {
    const last = this.#answers.get(key);
    if (last && isFresh(last.at, ASK_AGAIN, this.now())) return last.value;
    const asked = this.#pending.get(key);
    if (asked) return asked;
    const release = last ? () => undefined : this.#shares.lease(from);
    if (!release) return Promise.reject(new EieError('limit_reached'));
    const lookUp = ask()
      .then(value => {
        this.#answers.set(key, { value, at: this.now() });
        return value;
      })
      .finally(() => {
        release();
        this.#pending.delete(key);
      });
    this.#pending.set(key, lookUp);
    return lookUp;
  }
}

/** The message of a configuration error, for a line of the log. */
export const oneLine = (message: string): string => message.replaceAll(/\s*\n\s*(?:- )?/g, ' ');
