import { ReplayStore, type ReplayVerdict } from './replay-store.js';
import { type ShareHolder, Shares } from './shares.js';

interface Seen {
  readonly id: string;
  readonly expiresAt: number;
  /** Gives the room back to its holder. */
  readonly release: () => void;
  next?: Seen;
}

/**
 * A {@link ReplayStore} in the memory of this process. It does NOT survive a restart, and processes do not share it.
 *
 * It holds at most `capacity` ids, in shares: see {@link Shares}. It drops expired ids in amortised constant time and never drops a live
 * one: to a holder that has used up its share, it answers `full`. Ids are dropped in the order in which they came, so an id with a short life waits for those with a
 * longer life before it: use one store per lifetime. After the clock was set back, it answers `forgotten` for every id that it may
 * have dropped.
 */
export class MemoryReplayStore extends ReplayStore {
  readonly #ids = new Set<string>();
  #oldest: Seen | undefined;
  #newest: Seen | undefined;
  /** The latest expiry of an id that was dropped. What expires no later may have been one of them. */
  #dropped = -Infinity;

  readonly #shares: Shares;

  constructor(capacity: number) {
    super();
    this.#shares = new Shares(capacity);
  }

  override async take(id: string, expiresAt: number, now: number, holder: ShareHolder = []): Promise<ReplayVerdict> {
    for (; this.#oldest && this.#oldest.expiresAt <= now; this.#oldest = this.#oldest.next) {
      this.#ids.delete(this.#oldest.id);
      this.#oldest.release();
      this.#dropped = Math.max(this.#dropped, this.#oldest.expiresAt);
    }
    if (expiresAt <= this.#dropped) return 'forgotten';
    if (this.#ids.has(id)) return 'replayed';
    const release = this.#shares.lease(holder);
    if (!release) return 'full';
    const seen: Seen = { id, expiresAt, release };
    if (this.#oldest) this.#newest!.next = seen;
    else this.#oldest = seen;
    this.#newest = seen;
    this.#ids.add(id);
    return 'fresh';
  }
}
