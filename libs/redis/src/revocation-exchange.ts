import { randomUUID } from 'node:crypto';
import { type DatedRevocation } from 'execution-identity/internal';
import { RedisScripts } from './redis-client.js';
import { RedisStoreError } from './redis-store-error.js';
import { type RedisRevocationStoreOptions, revocationBounds } from './revocation-bounds.js';
import { readRevocation, written } from './revocation-record.js';
import { CHANGES, KEYS, PAGE, WRITE } from './revocation-scripts.js';

/** Revocations that are written at a time. */
export const BATCH = 200;

/** The number of a change and the mark of the write that made it. */
interface Place {
  readonly seq: number;
  readonly mark: string;
}
const START: Place = { seq: 0, mark: '' };

/** What one process reads of the revocations in Redis, and writes to them. It notices when Redis has lost what this process has read or written. */
export class RevocationExchange {
  readonly channel: string;
  readonly #scripts: RedisScripts;
  readonly #capacity: number;
  readonly #kept: number;
  /** Numbers of changes that this process has made and that its listeners have heard of. */
  readonly #own = new Set<number>();
  #epoch = '';
  #read = START;
  #written = START;
  #isWritingBack = false;
  #isAhead = false;

  /**
   * @param latest whole seconds since the epoch: the latest time that this process has seen. Everything issued until then is older than the next revocation
   * @throws EieConfigurationError for a prefix with other characters, a client that queues commands without a bound, and a number that is not positive
   */
  constructor(
    options: RedisRevocationStoreOptions,
    private readonly latest: () => number,
  ) {
    const { capacity, kept } = revocationBounds(options);
    this.#scripts = new RedisScripts(options, 'revocation');
    this.channel = `${this.#scripts.keys}changed`;
    this.#capacity = capacity;
    this.#kept = kept;
  }

  /** Something is known here that may not be in Redis. */
  get isAhead(): boolean {
    return this.#isAhead || this.#isWritingBack;
  }

  /**
   * Hands over everything that has changed, and whether listeners of this process have heard of it.
   *
   * @throws RedisStoreError where Redis does not answer, would refuse a write, or holds something else under a key
   */
  async read(keep: (one: DatedRevocation, isHeard: boolean) => void): Promise<void> {
    while (await this.#page(keep));
  }

  /** @throws RedisStoreError where Redis does not answer, or holds something else under a key: it is written back after the next look then */
  async write(revocations: readonly DatedRevocation[], areNews: boolean): Promise<void> {
    const settings = [areNews ? 1 : 0, this.#capacity, this.channel, randomUUID()];
    const values = [...this.#knowledge(), ...settings, ...revocations.flatMap(written)];
    try {
      const { isLost, place, rest } = readAnswer(await this.#scripts.list(WRITE, KEYS, values));
      if (isLost) {
        this.#lost();
        this.#read = this.#written = START;
      }
      if (place.seq >= this.#written.seq) this.#written = place;
      for (const seq of rest[0] as number[]) this.#own.add(seq);
    } catch (error) {
      this.#isAhead = true;
      throw error;
    }
  }

  /** @throws RedisStoreError where Redis does not answer, or holds something else under a key */
  async writeBack(known: readonly DatedRevocation[]): Promise<void> {
    this.#isAhead = false;
    this.#isWritingBack = true;
    try {
      for (let i = 0; i < known.length; i += BATCH) await this.write(known.slice(i, i + BATCH), false);
    } finally {
      this.#isWritingBack = false;
    }
  }

  /** @returns whether there is more */
  async #page(keep: (one: DatedRevocation, isHeard: boolean) => void): Promise<boolean> {
    const before = this.#written;
    const answer = await this.#scripts.list(CHANGES, KEYS, this.#knowledge());
    const { isLost, place, rest } = readAnswer(answer);
    const [epoch, changes] = rest as [unknown, unknown[]];
    if (typeof epoch !== 'string') throw new RedisStoreError('unreadable');
    if (isLost) {
      this.#lost();
      if (this.#written === before) this.#written = START;
    }
    const found = changes.flatMap((change, i) =>
      i % 2 ? [{ seq: Number(changes[i - 1]), ...readRevocation(change) }] : [],
    );
    for (const one of found) keep(one, this.#own.has(one.seq));
    this.#epoch = epoch;
    this.#read = place;
    for (const own of this.#own) if (own <= place.seq) this.#own.delete(own);
    return found.length === PAGE;
  }

  #knowledge(): (string | number)[] {
    const [read, written] = [this.#read, this.#written];
    return [randomUUID(), this.#epoch, read.seq, read.mark, written.seq, written.mark, this.#kept, this.latest()];
  }

  #lost(): void {
    this.#isAhead = true;
    this.#own.clear();
  }
}

/** @throws RedisStoreError for anything but what a script answers */
function readAnswer([isLost, number, mark, ...rest]: unknown[]): { isLost: boolean; place: Place; rest: unknown[] } {
  const seq = Number(number);
  if (!Number.isFinite(seq) || typeof mark !== 'string' || !Array.isArray(rest.at(-1)))
    throw new RedisStoreError('unreadable');
  return { isLost: isLost === 1, place: { seq, mark }, rest };
}
