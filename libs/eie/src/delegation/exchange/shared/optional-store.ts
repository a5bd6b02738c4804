import { OPTIONAL_STORE_DEADLINE, withinDeadline } from 'execution-identity/internal';

/** Milliseconds for which a store is left alone after it has failed. */
const REST = 5_000;

/**
 * A store that calls can do without. It must answer within 250 ms. After a failure nobody asks it for five seconds; then one question tries it, while
 * the others still do without it.
 */
export class OptionalStore<Store> {
  #isAway = false;
  #restsUntil = -Infinity;

  /**
   * @param failed is told of each failure
   * @param clock milliseconds of a clock that nobody sets
   */
  constructor(
    private readonly store: Store,
    private readonly failed: (error: unknown) => void,
    private readonly clock = (): number => performance.now(),
  ) {}

  /** @returns `undefined` where there is no answer. It never rejects */
  async ask<Answer>(question: (store: Store) => Promise<Answer>): Promise<Answer | undefined> {
    if (this.clock() < this.#restsUntil) return undefined;
    if (this.#isAway) this.#rest();
    try {
      const answer = await withinDeadline(OPTIONAL_STORE_DEADLINE, () => question(this.store));
      this.#isAway = false;
      this.#restsUntil = -Infinity;
      return answer;
    } catch (error) {
      this.#isAway = true;
      this.#rest();
      this.failed(error);
      return undefined;
    }
  }

  #rest(): void {
    this.#restsUntil = this.clock() + REST;
  }
}
