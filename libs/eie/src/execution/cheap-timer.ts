/** Milliseconds. */
const SOON = 1_000;

/**
 * A timer that costs nothing while it is not needed: most answers take milliseconds, and only one that is still open a second later gets a timer
 * of Node. Milliseconds; a later start replaces the earlier one. It does not keep the process alive.
 */
export class CheapTimer {
  /** Those that have no timer of Node yet: a list in which each is found and removed at once. */
  static #newest: CheapTimer | undefined;
  static #isPlanned = false;

  #older: CheapTimer | undefined;
  #newer: CheapTimer | undefined;
  #isWaiting = false;
  /** Milliseconds of `performance.now()`. */
  #end = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly then: () => void) {}

  start(milliseconds: number): void {
    this.stop();
    if (milliseconds <= 2 * SOON) return this.#begin(milliseconds);
    this.#end = performance.now() + milliseconds;
    this.#wait();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isWaiting) this.#leave();
  }

  #begin(milliseconds: number): void {
    this.#timer = setTimeout(this.then, milliseconds).unref();
  }

  #wait(): void {
    this.#isWaiting = true;
    this.#older = CheapTimer.#newest;
    if (this.#older) this.#older.#newer = this;
    CheapTimer.#newest = this;
    if (CheapTimer.#isPlanned) return;
    CheapTimer.#isPlanned = true;
    setTimeout(() => CheapTimer.#beginAll(), SOON).unref();
  }

  #leave(): void {
    this.#isWaiting = false;
    if (this.#newer) this.#newer.#older = this.#older;
    else CheapTimer.#newest = this.#older;
    if (this.#older) this.#older.#newer = this.#newer;
    this.#older = this.#newer = undefined;
  }

  static #beginAll(): void {
    CheapTimer.#isPlanned = false;
    while (CheapTimer.#newest) {
      const timer = CheapTimer.#newest;
      timer.#leave();
      timer.#begin(timer.#end - performance.now());
    }
  }
}
