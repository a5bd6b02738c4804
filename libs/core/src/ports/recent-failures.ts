/** `degraded`: it has failed lately, or fails for some. `down`: what needs it is refused now. */
export type HealthState = 'up' | 'degraded' | 'down';

/** Failures in a row from which on something is down. */
const DOWN_AFTER = 5;
/** Milliseconds for which a failure counts. After them nothing is known, so that the next call may try it. */
const COUNTS_FOR = 10_000;

/**
 * Whether something outside this library has failed lately. Its users note how it answered them; nobody asks it for this. Without any use
 * it is up again after 10 seconds, because a server that gets no calls any more could not find out otherwise.
 */
export class RecentFailures {
  #inRow = 0;
  #last = 0;

  /** @param now milliseconds of a clock that nobody sets */
  failed(now = performance.now()): void {
    this.#inRow++;
    this.#last = now;
  }

  succeeded(): void {
    this.#inRow = 0;
  }

  /** @param now see {@link failed} */
  state(now = performance.now()): HealthState {
    if (!this.#inRow || now - this.#last >= COUNTS_FOR) return 'up';
    return this.#inRow < DOWN_AFTER ? 'degraded' : 'down';
  }
}

const known = new WeakMap<object, RecentFailures>();

/** Those of a policy engine or a signer, which is the same object for as long as the process runs. */
export function failuresOf(part: object): RecentFailures {
  const found = known.get(part) ?? new RecentFailures();
  if (!known.has(part)) known.set(part, found);
  return found;
}

const ORDER: readonly HealthState[] = ['up', 'degraded', 'down'];

/** Of several parts that are all needed. */
export const worstOf = (states: readonly HealthState[]): HealthState =>
  ORDER.findLast(state => states.includes(state)) ?? 'up';
