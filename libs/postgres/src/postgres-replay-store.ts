import { ReplayStore, type ReplayVerdict, type ShareHolder } from 'execution-identity';
import { compositeKey, digest } from 'execution-identity/internal';
import { Database, type PostgresStoreOptions } from './database.js';
import { PostgresStoreError } from './postgres-store-error.js';
import { Sweeper } from './sweeper.js';

/** Ids that one user may have taken at a time. */
const PER_USER = 10_000;
/** Seconds for which an id is kept longer than it lives, for callers whose clocks are behind. */
const SLACK = 120;

export interface PostgresReplayStoreOptions extends PostgresStoreOptions {
  /** Ids that one user may have taken at a time, through all clients. Default: 10,000. Calls at the same time may exceed it by their number. */
  readonly perUser?: number;
}

interface Taken {
  readonly epoch: string | null;
  readonly now: number;
  readonly is_known: boolean;
  readonly has_room: boolean;
  readonly is_taken: boolean;
}

/**
 * A {@link ReplayStore} in PostgreSQL. Of several calls with one id exactly one is `fresh`, in all processes together. Where the database does not
 * answer, answers late, is read-only or full, it rejects, and callers refuse.
 *
 * An id is kept until it has expired on the clock of the database and on that of its caller, and two minutes more. To a caller whose clock is behind
 * by more than that, it answers `forgotten`.
 *
 * A store that this process has seen, and that comes back as another one (emptied and migrated again, a standby promoted, a backup restored), may
 * have lost ids. Then it answers `forgotten` for what may have been taken before, by the longest life that this process was asked about.
 * A process that starts after the loss does NOT know of it.
 */
export class PostgresReplayStore extends ReplayStore {
  readonly #database: Database;
  readonly #sweeper: Sweeper;
  readonly #perUser: number;
  #epoch: string | undefined;
  /** Seconds: the longest life of an id that was seen. */
  #longest = 0;
  /** Seconds since the epoch: what expires until then may have been taken and lost. */
  #lost = -Infinity;

  /** @throws EieConfigurationError for a name of a schema that is none */
  constructor(options: PostgresReplayStoreOptions) {
    super();
    this.#database = new Database(options);
    this.#sweeper = new Sweeper(this.#database, 'replay');
    this.#perUser = options.perUser ?? PER_USER;
  }

  /** @throws PostgresStoreError (as a rejection) where the database does not answer */
  override async take(id: string, expiresAt: number, now: number, holder: ShareHolder = []): Promise<ReplayVerdict> {
    this.#longest = Math.max(this.#longest, expiresAt - now);
    const { epoch, ...taken } = await this.#take(id, expiresAt, now, holder);
    this.#sweeper.notice();
    if (epoch === null) throw new PostgresStoreError('empty');
    if (this.#epoch !== undefined && this.#epoch !== epoch)
      this.#lost = Math.max(this.#lost, Math.max(taken.now, now) + this.#longest);
    this.#epoch = epoch;
    if (taken.is_known) return 'replayed';
    if (expiresAt <= this.#lost || expiresAt + SLACK <= taken.now) return 'forgotten';
    if (taken.is_taken) return 'fresh';
    return taken.has_room ? 'replayed' : 'full';
  }

  async #take(id: string, expiresAt: number, now: number, holder: ShareHolder): Promise<Taken> {
    const { schema, epoch } = this.#database;
    const { rows } = await this.#database.transaction(client =>
      client.query<Taken>(
        `WITH clock AS MATERIALIZED (SELECT extract(epoch FROM clock_timestamp())::float8 AS now),
           known AS MATERIALIZED (SELECT EXISTS (SELECT FROM ${schema}.replay WHERE id = $1) AS yes),
           room AS MATERIALIZED (SELECT count(*) < $5 AS yes FROM (SELECT FROM ${schema}.replay WHERE holder = $4 LIMIT $5) AS held),
           taken AS (
             INSERT INTO ${schema}.replay (id, holder, kept_until)
             SELECT $1, $4, to_timestamp(greatest($2::float8, clock.now + $3::float8) + ${SLACK})
             FROM clock, known, room WHERE room.yes AND NOT known.yes AND $2::float8 + ${SLACK} > clock.now
             ON CONFLICT DO NOTHING RETURNING id)
         SELECT ${epoch} AS epoch, clock.now, known.yes AS is_known, room.yes AS has_room, EXISTS (SELECT FROM taken) AS is_taken
         FROM clock, known, room`,
        [digest(id), expiresAt, expiresAt - now, digest(compositeKey(...holder.slice(0, 2))), this.#perUser],
      ),
    );
    return rows[0]!;
  }
}
