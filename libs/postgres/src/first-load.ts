import { withinDeadline } from 'execution-identity/internal';

/** Milliseconds. */
const AT_MOST = 1_900;

/** The first load of a view: all who wait for it share one promise, which ends after 1.9 s; who comes later shares the next one. */
export class FirstLoad {
  #waiting: Promise<void> | undefined;
  #end: () => void = () => undefined;

  /** Rejects where it does not happen in time. */
  wait(): Promise<void> {
    this.#waiting ??= withinDeadline(AT_MOST, () => new Promise<void>(resolve => (this.#end = resolve))).finally(
      () => (this.#waiting = undefined),
    );
    return this.#waiting;
  }

  done(): void {
    this.#end();
  }
}
