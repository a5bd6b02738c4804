/** Milliseconds. */
const SOON = 1_000;

/**
 * Starts timers for what is mostly over before they would end: most answers take milliseconds, and only one that is still open a second later
 * needs a timer of its own.
 */
class Later {
  readonly #waiting = new Map<object, () => void>();
  #isPlanned = false;

  /** Calls `begin` within a second, unless the owner is dropped before. */
  begin(owner: object, begin: () => void): void {
    this.#waiting.set(owner, begin);
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setTimeout(() => this.#beginAll(), SOON).unref();
  }

  drop(owner: object): void {
    this.#waiting.delete(owner);
  }

  #beginAll(): void {
    this.#isPlanned = false;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const begin of waiting) begin();
  }
}

const later = new Later();

/** A timer that costs nothing while it is not needed. Milliseconds; a later call replaces the earlier one. It does not keep the process alive. */
export class CheapTimer {
  #timer: NodeJS.Timeout | undefined;

  start(milliseconds: number, then: () => void): void {
    this.stop();
    if (milliseconds <= 2 * SOON) this.#timer = setTimeout(then, milliseconds).unref();
    else {
      const end = performance.now() + milliseconds;
      later.begin(this, () => (this.#timer = setTimeout(then, end - performance.now()).unref()));
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    later.drop(this);
  }
}
