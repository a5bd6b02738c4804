import { type HealthState, type RevocableIdentity, RevocationStore, type RevokedIdentity } from 'execution-identity';
import { type DatedRevocation, KnownRevocations, withinDeadline } from 'execution-identity/internal';
import { RedisStoreError, storeError } from './redis-store-error.js';
import { type RedisRevocationStoreOptions, revocationBounds } from './revocation-bounds.js';
import { BATCH, RevocationExchange } from './revocation-exchange.js';
import { RevocationFeed } from './revocation-feed.js';

/** Milliseconds. */
const FIRST_LOAD = 1_900;

interface Waiting extends DatedRevocation {
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Milliseconds: some looks at the store. */
const SEEN_LATELY = 2_000;

/**
 * A {@link RevocationStore} in Redis with a view in each process: `isRevoked` asks the view. A revocation counts in this process at once and in others when
 * they hear of it, within a second: they are told by a message and look four times a second anyway. It survives restarts of the processes.
 *
 * While Redis is away, full, or a replica that only reads, the view keeps what it knows, for `staleFor` seconds; then `isRevoked` rejects, and callers refuse. Nothing is
 * answered before the first load. A Redis that comes back empty or older, as after a failover, gets back what the processes know: each of them notices that something which it has read or
 * written is lost. What only a process knew that has ended is lost.
 *
 * Redis keeps a revocation twice as long as the longest `longestToken` of all processes; a process counts it for twice its own.
 *
 * When it is full it keeps something wider, as `MemoryRevocationStore` does. An entry that cannot be read is no revocation that can be left out: `isRevoked` rejects as
 * long as it is there.
 */
export class RedisRevocationStore extends RevocationStore {
  readonly #exchange: RevocationExchange;
  readonly #feed: RevocationFeed;
  readonly #known: KnownRevocations;
  readonly #staleFor: number;
  readonly #listeners = new Set<(revoked: RevokedIdentity) => void>();
  readonly #waiting: Waiting[] = [];
  /** The one that all who ask before the first load wait for. */
  #loading: Promise<void> | undefined;
  #onLoad = (): void => undefined;
  #isLoaded = false;
  #isWriting = false;
  /** The latest look has failed. */
  #hasFailed = false;
  /** The latest time seen, on the clock or in a token. Everything issued until then is older than the next revocation. */
  #latest = -Infinity;
  /** The same in whole seconds that have begun, for all processes. */
  #seen = 0;
  /** On the clock of the process: when Redis was last seen. */
  #seenAt = -Infinity;
  #failure = new RedisStoreError('timeout');

  /** @throws EieConfigurationError for a prefix with other characters, a client that queues commands without a bound, and a number that is not positive */
  constructor(options: RedisRevocationStoreOptions) {
    super();
    const { capacity, kept, staleFor } = revocationBounds(options);
    this.#exchange = new RevocationExchange(options, () => this.#seen);
    this.#known = new KnownRevocations(capacity, kept);
    this.#feed = new RevocationFeed(options.client, this.#exchange.channel, () => this.#look());
    this.#staleFor = staleFor;
  }

  /**
   * Resolves when Redis has it. Where it rejects it counts in this process all the same, and is written when Redis is back.
   *
   * @throws RedisStoreError (as a rejection) where Redis does not answer
   */
  override add(revoked: RevokedIdentity, now: number): Promise<void> {
    this.#feed.start();
    // Redis has whole seconds: what was issued in a part of one is revoked too.
    const at = Math.ceil(Math.max(Math.floor(now), this.#latest));
    this.#keep({ revoked, at }, true);
    this.#tell(revoked);
    return new Promise((done, failed) => {
      this.#waiting.push({ revoked, at, done, failed });
      if (!this.#isWriting) void this.#write();
    });
  }

  /**
   * `degraded` after a look that failed, where Redis was not seen for two seconds, and while something known here is not written; `down` before the first load, and
   * after `staleFor`.
   */
  override get health(): HealthState {
    const unseen = performance.now() - this.#seenAt;
    if (unseen >= this.#staleFor) return 'down';
    return unseen < SEEN_LATELY && !this.#hasFailed && !this.#exchange.isAhead ? 'up' : 'degraded';
  }

  /** @throws RedisStoreError (as a rejection) before the first load, and after `staleFor` seconds without Redis */
  override isRevoked(identity: RevocableIdentity, now: number): boolean | Promise<boolean> {
    this.#latest = Math.max(this.#latest, identity.issuedAt, Math.ceil(now));
    this.#seen = Math.max(this.#seen, Math.ceil(identity.issuedAt), Math.floor(now));
    if (this.#known.names(identity, now)) return true;
    if (performance.now() - this.#seenAt < this.#staleFor) return false;
    return !this.#isLoaded ? this.#afterLoad(identity, now) : Promise.reject(this.#stale());
  }

  override async subscribe(listener: (revoked: RevokedIdentity) => void): Promise<() => Promise<void>> {
    // What was revoked before is not news, unless Redis is away.
    if (!this.#isLoaded) await this.#loaded().catch(() => undefined);
    const subscription = (revoked: RevokedIdentity): void => listener(revoked);
    this.#listeners.add(subscription);
    return async () => void this.#listeners.delete(subscription);
  }

  /** Ends the looks and the connection of this store. The client belongs to the application. */
  close(): Promise<void> {
    return this.#feed.close();
  }

  async #afterLoad(identity: RevocableIdentity, now: number): Promise<boolean> {
    await this.#loaded();
    return this.#known.names(identity, now);
  }

  #loaded(): Promise<void> {
    this.#feed.start();
    return (this.#loading ??= withinDeadline(FIRST_LOAD, () => new Promise<void>(load => (this.#onLoad = load)))
      .catch(() => Promise.reject(this.#failure))
      .finally(() => (this.#loading = undefined)));
  }

  #stale(): RedisStoreError {
    return this.#failure.code === 'unreadable' ? this.#failure : new RedisStoreError('stale', this.#failure);
  }

  #keep({ revoked, at }: DatedRevocation, isHeard: boolean): void {
    if (this.#known.keep(revoked, at, Date.now() / 1_000) && !isHeard) this.#tell(revoked);
  }

  #tell(revoked: RevokedIdentity): void {
    for (const listener of [...this.#listeners])
      try {
        listener(revoked);
      } catch {
        // Its fault is not that of the others, nor of the revocation.
      }
  }

  async #look(): Promise<void> {
    try {
      await this.#exchange.read((one, isHeard) => this.#keep(one, isHeard));
      this.#seenAt = performance.now();
      this.#isLoaded = true;
      this.#onLoad();
      if (this.#exchange.isAhead) await this.#exchange.writeBack(this.#known.live(Date.now() / 1_000));
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      this.#failure = storeError(error);
      if (this.#failure.code === 'unreadable' || this.#failure.code === 'WRONGTYPE') this.#seenAt = -Infinity;
    }
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#exchange.write(batch, true);
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of [...batch, ...this.#waiting.splice(0)]) failed(error);
      }
    }
    this.#isWriting = false;
  }
}
