import { DelegatedTokenStore } from './delegated-token-store.js';

const CAPACITY = 10_000;

/**
 * A {@link DelegatedTokenStore} in the memory of this process: for tests, and for several servers in one process. Processes do NOT share it. When it is full
 * it drops what was put there first.
 */
export class MemoryDelegatedTokenStore extends DelegatedTokenStore {
  readonly #sealed = new Map<string, { readonly sealed: string; readonly expiresAt: number }>();

  /** @param capacity tokens that are kept at most */
  constructor(private readonly capacity = CAPACITY) {
    super();
  }

  override async get(place: string, now: number): Promise<string | undefined> {
    const found = this.#sealed.get(place);
    if (found && found.expiresAt <= now) this.#sealed.delete(place);
    return found && now < found.expiresAt ? found.sealed : undefined;
  }

  override async set(place: string, sealed: string, expiresAt: number): Promise<void> {
    this.#sealed.delete(place);
    const [first] = this.#sealed.keys();
    if (first !== undefined && this.#sealed.size >= this.capacity) this.#sealed.delete(first);
    this.#sealed.set(place, { sealed, expiresAt });
  }

  override async delete(places: readonly string[]): Promise<void> {
    for (const place of places) this.#sealed.delete(place);
  }
}
