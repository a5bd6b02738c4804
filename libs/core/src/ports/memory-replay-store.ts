import { ReplayStore, type ReplayVerdict } from './replay-store.js';
import { type ShareHolder, Shares } from './shares.js';

interface Seen {
  readonly id: string;
  readonly expiresAt: number;
  /** Gives the room back to its holder. */
  readonly release: () => void;
  next?: Seen;
}

/** In the order in which they came. */
interface Line {
  oldest?: Seen | undefined;
  newest?: Seen;
}

/** Seconds. The lives of a line are at most twice as long as those of the line before it. */
const SHORTEST_LINE = 120;
/** The last one takes lives of 17 hours and more. */
const LINES = 11;

/**
 * A {@link ReplayStore} in the memory of this process. It does NOT survive a restart, and processes do not share it.
 *
 * It holds at most `capacity` ids, in shares: see {@link Shares}. It drops expired ids in amortised constant time and never drops a live
 * one: to a holder that has used up its share, it answers `full`. An id may be held for as long again as it lives, or for two minutes: ids of about
 * one length of life are dropped in the order in which they came. After the clock was set back, it answers `forgotten` for every id that it may
 * have dropped.
 */
export class MemoryReplayStore extends ReplayStore {
  readonly #ids = new Set<string>();
  /** By length of life, so that no id waits for one that lives much longer. */
  readonly #lines: readonly Line[] = Array.from({ length: LINES }, () => ({}));
  /** The latest expiry of an id that was dropped. What expires no later may have been one of them. */
  #dropped = -Infinity;

  readonly #shares: Shares;

  constructor(capacity: number) {
    super();
    this.#shares = new Shares(capacity);
  }

  override async take(id: string, expiresAt: number, now: number, holder: ShareHolder = []): Promise<ReplayVerdict> {
    for (const line of this.#lines) this.#dropExpired(line, now);
    if (expiresAt <= this.#dropped) return 'forgotten';
    if (this.#ids.has(id)) return 'replayed';
    const line = this.#lines[lineOf(expiresAt - now)]!;
    const release = this.#shares.lease(holder);
    if (!release) return 'full';
    const seen: Seen = { id, expiresAt, release };
    if (line.oldest) line.newest!.next = seen;
    else line.oldest = seen;
    line.newest = seen;
    this.#ids.add(id);
    return 'fresh';
  }

  #dropExpired(line: Line, now: number): void {
    for (; line.oldest && line.oldest.expiresAt <= now; line.oldest = line.oldest.next) {
      this.#ids.delete(line.oldest.id);
      line.oldest.release();
      this.#dropped = Math.max(this.#dropped, line.oldest.expiresAt);
    }
  }
}

/** @param life seconds */
const lineOf = (life: number): number =>
  Math.min(Math.max(0, Math.ceil(Math.log2(Math.max(life, 1) / SHORTEST_LINE))), LINES - 1);
