import { DelegatedTokenStore } from 'execution-identity';
import { Database, type PostgresStoreOptions } from './database.js';
import { PostgresStoreError } from './postgres-store-error.js';
import { Sweeper } from './sweeper.js';

/** Bytes: 256 MiB. */
const CAPACITY = 2 ** 28;
/** Characters. What is longer was not put there by this library. */
const LONGEST = 65_536;

export interface PostgresDelegatedTokenStoreOptions extends PostgresStoreOptions {
  /** Bytes that the table and its indexes may take on disk; then `set` rejects. Default: 256 MiB. */
  readonly capacity?: number;
}

/**
 * A {@link DelegatedTokenStore} in PostgreSQL. It sees no token: `nestjs-eie` seals each, with a secret that the database does not have, and names its place by a keyed
 * hash. The table is `UNLOGGED`: what is sealed is in no write-ahead log, on no standby and in no physical backup, and it is gone after a crash.
 *
 * Each ends after its time, five minutes at most, on the clock of the database. Where that does not answer, the methods reject, and each instance asks for tokens of its
 * own.
 */
export class PostgresDelegatedTokenStore extends DelegatedTokenStore {
  readonly #database: Database;
  readonly #sweeper: Sweeper;
  readonly #capacity: number;

  /** @throws EieConfigurationError for a name of a schema that is none */
  constructor(options: PostgresDelegatedTokenStoreOptions) {
    super();
    this.#database = new Database(options);
    this.#sweeper = new Sweeper(this.#database, 'delegated_tokens');
    this.#capacity = options.capacity ?? CAPACITY;
  }

  /** @throws PostgresStoreError (as a rejection) where the database does not answer */
  override async get(place: string): Promise<string | undefined> {
    const { rows } = await this.#database.transaction(client =>
      client.query<{ sealed: string }>(
        `SELECT sealed FROM ${this.#database.schema}.delegated_tokens
         WHERE place = $1 AND clock_timestamp() < kept_until AND length(sealed) <= ${LONGEST}`,
        [place],
      ),
    );
    return rows[0]?.sealed;
  }

  /** @throws PostgresStoreError (as a rejection) where the database does not answer, or the table has its capacity (`full`) */
  override async set(place: string, sealed: string, expiresAt: number, now: number): Promise<void> {
    const { schema } = this.#database;
    const { rowCount } = await this.#database.transaction(client =>
      client.query(
        `INSERT INTO ${schema}.delegated_tokens (place, sealed, kept_until)
         SELECT $1, $2, clock_timestamp() + make_interval(secs => $3)
         WHERE pg_total_relation_size($4::regclass) < $5
         ON CONFLICT (place) DO UPDATE SET sealed = excluded.sealed, kept_until = excluded.kept_until`,
        [place, sealed, expiresAt - now, `${schema}.delegated_tokens`, this.#capacity],
      ),
    );
    this.#sweeper.notice();
    if (!rowCount) throw new PostgresStoreError('full');
  }

  /** @throws PostgresStoreError (as a rejection) where the database does not answer */
  override async delete(places: readonly string[]): Promise<void> {
    await this.#database.transaction(client =>
      client.query(`DELETE FROM ${this.#database.schema}.delegated_tokens WHERE place = ANY ($1)`, [places]),
    );
  }
}
