import { type DevCall, type DevChange, type DevPage } from './dev-page.js';

/** Pages that are open at one time. */
const MAX_LISTENERS = 20;

/** What the page shows at this moment, and who is told when it changes. */
export class LivePage {
  #page: DevPage;
  readonly #listeners = new Set<(change: DevChange) => void>();

  constructor(page: DevPage) {
    this.#page = page;
  }

  get now(): DevPage {
    return this.#page;
  }

  change(change: Omit<DevChange, 'calls'>): void {
    this.#page = { ...this.#page, ...change };
    this.#tell(change);
  }

  /** @param changed the calls that are new or have changed @param calls all of them */
  changeCalls(changed: readonly DevCall[], calls: readonly DevCall[]): void {
    this.#page = { ...this.#page, calls };
    this.#tell({ calls: changed });
  }

  /** @returns how to end it; nothing where there are too many */
  listen(listener: (change: DevChange) => void): (() => void) | undefined {
    if (this.#listeners.size >= MAX_LISTENERS) return undefined;
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(change: DevChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
