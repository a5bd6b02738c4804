interface Seen {
  readonly id: string;
  readonly expiresAt: number;
  next?: Seen;
}

/**
 * Remembers what may be used only once, such as a DPoP proof (RFC 9449 §11.1), until it has expired by itself.
 *
 * It holds at most `capacity` ids, drops the expired ones in amortised constant time and never a live one: when it is full
 * of live ids it takes no more. Ids leave in the order in which they came, so one that expires before an older one waits for
 * it, at most for the longest lifetime that is used: give each kind of id a store of its own. On a clock that was set back
 * it takes no id that it might have dropped before. It does NOT survive a restart, and processes do not share it.
 */
export class ReplayStore {
  readonly #ids = new Set<string>();
  #oldest?: Seen;
  #newest?: Seen;
  /** The latest expiry of an id that was dropped: what expires no later may have been one of them. */
  #dropped = -Infinity;

  constructor(private readonly capacity: number) {}

  /**
   * @param id of bounded length: a hash
   * @param expiresAt seconds since the epoch: from then on the caller itself refuses what bears the id
   * @param now seconds since the epoch
   */
  take(id: string, expiresAt: number, now: number): 'fresh' | 'replayed' | 'forgotten' | 'full' {
    for (; this.#oldest && this.#oldest.expiresAt <= now; this.#oldest = this.#oldest.next) {
      this.#ids.delete(this.#oldest.id);
      this.#dropped = Math.max(this.#dropped, this.#oldest.expiresAt);
    }
    if (expiresAt <= this.#dropped) return 'forgotten';
    if (this.#ids.has(id)) return 'replayed';
    if (this.#ids.size >= this.capacity) return 'full';
    const seen: Seen = { id, expiresAt };
    if (this.#oldest) this.#newest!.next = seen;
    else this.#oldest = seen;
    this.#newest = seen;
    this.#ids.add(id);
    return 'fresh';
  }
}
