import { type HealthState, type RevocableIdentity, RevocationStore, type RevokedIdentity } from 'execution-identity';
import { KnownRevocations } from 'execution-identity/internal';
import { type ClientBase } from 'pg';
import { Database, type PostgresStoreOptions } from './database.js';
import { FirstLoad } from './first-load.js';
import { PostgresStoreError } from './postgres-store-error.js';
import { RevocationFeed } from './revocation-feed.js';
import { PAGE, RevocationRows } from './revocation-rows.js';
import { RevocationWriter } from './revocation-writer.js';
import { Sweeper } from './sweeper.js';

/** Seconds. */
const [LONGEST_TOKEN, STALE_FOR] = [86_400, 30];
const CAPACITY = 100_000;

export interface PostgresRevocationStoreOptions extends PostgresStoreOptions {
  /** Seconds: the longest `maxLifetime` of an issuer. Default: a day. A revocation is kept twice as long. */
  readonly longestToken?: number;
  /** Seconds without the database after which `isRevoked` rejects. Default: 30. */
  readonly staleFor?: number;
  /** Revocations that are kept at most; then something wider is kept in place of several. Default: 100,000. */
  readonly capacity?: number;
}

/** Milliseconds: some looks at the store. */
const SEEN_LATELY = 2_000;

/**
 * A {@link RevocationStore} in PostgreSQL with a view in each process: `isRevoked` asks the view. A revocation counts in this process at once and in
 * others when they hear of it, within a second: they are told by NOTIFY and look four times a second anyway. It survives restarts.
 *
 * While the database is away, or read-only, the view keeps what it knows, for `staleFor` seconds; then `isRevoked` rejects, and callers refuse. Nothing is answered before the
 * first load. A store that comes back empty or older gets back what the processes know. A row that is deleted by hand does NOT count at processes that
 * start later, and still counts at those that run.
 *
 * A row that cannot be read is no revocation that can be left out: `isRevoked` rejects as long as it is there.
 */
export class PostgresRevocationStore extends RevocationStore {
  readonly #database: Database;
  readonly #rows: RevocationRows;
  readonly #feed: RevocationFeed;
  readonly #sweeper: Sweeper;
  readonly #known: KnownRevocations;
  readonly #staleFor: number;
  readonly #listeners = new Set<(revoked: RevokedIdentity) => void>();
  readonly #writer: RevocationWriter;
  readonly #firstLoad = new FirstLoad();
  #isStarted = false;
  #hasFailed = false;
  #epoch: string | undefined;
  #seq = 0;
  /** The latest time seen, on the clock or in a token. Everything issued until then is older than the next revocation. */
  #latest = -Infinity;
  /** The same in whole seconds that have begun, for all processes. */
  #seen = 0;
  #told = 0;
  /** On the clock of the process: when the table was last seen. */
  #seenAt = -Infinity;
  #failure = new PostgresStoreError('timeout');

  /** @throws EieConfigurationError for a name of a schema that is none. It connects when it is used first */
  constructor(options: PostgresRevocationStoreOptions) {
    super();
    const { capacity = CAPACITY, longestToken = LONGEST_TOKEN, staleFor = STALE_FOR } = options;
    this.#database = new Database(options);
    this.#known = new KnownRevocations(capacity, 2 * longestToken);
    this.#rows = new RevocationRows(this.#database, capacity, 2 * longestToken);
    this.#writer = new RevocationWriter(this.#database, this.#rows);
    const failed = (error: PostgresStoreError): void => this.#failed(error);
    this.#feed = new RevocationFeed(this.#database, client => this.#look(client), failed);
    this.#sweeper = new Sweeper(this.#database, 'revocations');
    this.#staleFor = staleFor * 1_000;
  }

  /**
   * Resolves when it is committed. Where it rejects it counts in this process all the same, and is written when the database is back.
   *
   * @throws PostgresStoreError (as a rejection) where the database does not answer
   */
  override add(revoked: RevokedIdentity, now: number): Promise<void> {
    this.#start();
    const at = Math.max(Math.floor(now), this.#latest);
    // A store that is lost before it was first seen would not be missed.
    if (this.#epoch === undefined) this.#writer.mayBeLost();
    this.#keep(revoked, at);
    return this.#writer.add(revoked, at);
  }

  /**
   * `degraded` after a look that failed, two seconds without one, and while something that is known here may not be in the table; `down` before
   * the first load, and after `staleFor`.
   */
  override get health(): HealthState {
    const unseen = performance.now() - this.#seenAt;
    if (unseen >= this.#staleFor) return 'down';
    return unseen >= SEEN_LATELY || this.#hasFailed || this.#writer.isBehind ? 'degraded' : 'up';
  }

  /** @throws PostgresStoreError (as a rejection) before the first load, and after `staleFor` seconds without the database */
  override isRevoked(identity: RevocableIdentity, now: number): boolean | Promise<boolean> {
    this.#latest = Math.max(this.#latest, identity.issuedAt, Math.ceil(now));
    this.#seen = Math.max(this.#seen, Math.ceil(identity.issuedAt), Math.floor(now));
    if (this.#known.names(identity, now)) return true;
    if (performance.now() - this.#seenAt < this.#staleFor) return false;
    return this.#epoch === undefined ? this.#afterLoad(identity, now) : Promise.reject(this.#stale());
  }

  override async subscribe(listener: (revoked: RevokedIdentity) => void): Promise<() => Promise<void>> {
    // What was revoked before is not news, unless the database is away.
    if (this.#epoch === undefined) await this.#loaded().catch(() => undefined);
    const subscription = (revoked: RevokedIdentity): void => listener(revoked);
    this.#listeners.add(subscription);
    return async () => void this.#listeners.delete(subscription);
  }

  /** Ends the connection of this store. The pool belongs to the application. */
  async close(): Promise<void> {
    await this.#feed.close();
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#feed.start();
  }

  async #afterLoad(identity: RevocableIdentity, now: number): Promise<boolean> {
    await this.#loaded();
    return this.#known.names(identity, now);
  }

  async #loaded(): Promise<void> {
    this.#start();
    await this.#firstLoad.wait().catch(() => {
      throw this.#failure;
    });
  }

  #failed(error: PostgresStoreError): void {
    this.#failure = error;
    this.#hasFailed = true;
    this.#told = 0;
    if (error.code === 'unreadable') this.#seenAt = -Infinity;
  }

  #stale(): PostgresStoreError {
    return this.#failure.code === 'unreadable' ? this.#failure : new PostgresStoreError('stale', this.#failure);
  }

  #keep(revoked: RevokedIdentity, at: number, isHeard = false): void {
    if (!this.#known.keep(revoked, at, Date.now() / 1_000) || isHeard) return;
    // The fault of one listener is no reason to leave out a revocation, or another listener.
    for (const listener of [...this.#listeners])
      new Promise<void>(resolve => resolve(listener(revoked))).catch(() => undefined);
  }

  async #look(client: ClientBase): Promise<void> {
    const highest = Math.max(this.#seq, this.#writer.written);
    let found = await this.#rows.after(client, this.#seq);
    if (this.#epoch !== undefined && (found.epoch !== this.#epoch || found.last < highest)) {
      this.#writer.lost();
      this.#seq = this.#told = 0;
      found = await this.#rows.after(client, 0);
    }
    for (;;) {
      for (const { revoked, at, seq } of found.rows) this.#keep(revoked, at, this.#writer.isOwn(seq));
      this.#seq = found.rows.at(-1)?.seq ?? this.#seq;
      if (found.rows.length < PAGE) break;
      found = await this.#rows.after(client, this.#seq);
    }
    this.#writer.seen(this.#seq);
    this.#epoch = found.epoch;
    // Nobody can revoke there: it may be a copy that hears of nothing.
    if (found.isReadOnly) throw new PostgresStoreError('25006');
    const seen = this.#seen;
    if (seen > this.#told) await this.#rows.see(client, seen);
    this.#told = seen;
    this.#hasFailed = false;
    this.#seenAt = performance.now();
    this.#firstLoad.done();
    this.#writer.catchUp(() => this.#known.live(Date.now() / 1_000));
    this.#sweeper.notice();
  }
}
