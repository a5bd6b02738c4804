import { type DatedRevocation } from 'execution-identity/internal';
import { type ClientBase } from 'pg';
import { type Database } from './database.js';
import { PostgresStoreError } from './postgres-store-error.js';
import { issuerKey, readRevocation, type RevocationRow, rowKey, userKey } from './revocation-record.js';
import { RevocationRoom } from './revocation-room.js';

/** What one look at the table has found. */
export interface Found {
  /** Of the store, and of its server since it was started: a server on older files gives numbers again. */
  readonly epoch: string;
  readonly isReadOnly: boolean;
  /** The highest number in the table; 0 where it is empty. */
  readonly last: number;
  readonly rows: readonly (DatedRevocation & { readonly seq: number })[];
}

interface Row extends RevocationRow {
  readonly epoch: string | null;
  readonly is_read_only: boolean;
  readonly last: string;
  readonly seq: string | null;
}

/** Seconds for which clocks of issuers and processes may be ahead of that of the database: what is further ahead is not believed. */
const AHEAD = 60;
/** The latest time that any process has seen, in a row that is swept when it is over. No hash of an id is so short. */
const LATEST = 'latest';

/** Rows that are read at a time. */
export const PAGE = 10_000;

/** The statements on the table of revocations. Each runs in a transaction of its caller. */
export class RevocationRows {
  readonly #room: RevocationRoom;

  /** @param kept seconds */
  constructor(
    private readonly database: Database,
    capacity: number,
    private readonly kept: number,
  ) {
    this.#room = new RevocationRoom(database, capacity, (client, wide) => this.#put(client, wide, false));
  }

  /** @throws PostgresStoreError where a row cannot be read: then it is not known who is revoked */
  async after(client: ClientBase, seq: number): Promise<Found> {
    const { schema, epoch } = this.database;
    const { rows } = await client.query<Row>(
      `SELECT ${epoch} || '/' || extract(epoch FROM pg_postmaster_start_time()) AS epoch,
         current_setting('transaction_read_only')::boolean AS is_read_only, (SELECT coalesce(max(seq), 0) FROM ${schema}.revocations) AS last, r.seq, r.revoked, r.revoked_at
       FROM (SELECT) AS one LEFT JOIN LATERAL (
         SELECT seq, revoked, revoked_at FROM ${schema}.revocations WHERE seq > $1 ORDER BY seq LIMIT ${PAGE}) AS r ON true`,
      [seq],
    );
    const { epoch: found, is_read_only: isReadOnly, last } = rows[0]!;
    if (found === null) throw new PostgresStoreError('empty');
    return {
      epoch: found,
      isReadOnly,
      last: Number(last),
      rows: rows.flatMap(row => (row.seq === null ? [] : [{ ...readRevocation(row), seq: Number(row.seq) }])),
    };
  }

  /** Keeps for all processes that one has seen a time which is ahead of the clock of the database: what was issued until then is older than the next revocation. */
  async see(client: ClientBase, latest: number): Promise<void> {
    const { schema } = this.database;
    await client.query(
      `INSERT INTO ${schema}.replay AS known (id, holder, kept_until)
       SELECT '${LATEST}', '${LATEST}', least(to_timestamp($1::float8), clock_timestamp() + make_interval(secs => ${AHEAD}))
       WHERE to_timestamp($1::float8) > clock_timestamp()
       ON CONFLICT (id) DO UPDATE SET kept_until = excluded.kept_until WHERE known.kept_until < excluded.kept_until`,
      [latest],
    );
  }

  /**
   * Writes revocations and tells other connections. Numbers are given under a lock, so that they commit in their order and none is skipped by who
   * reads on from a number.
   *
   * @param isNow they count for all that was issued until now, on the clock of the database and on any that a process has seen
   * @returns the numbers of the rows that they are in
   */
  async write(client: ClientBase, revocations: readonly DatedRevocation[], isNow: boolean): Promise<number[]> {
    const { channel } = this.database;
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [channel]);
    const written = await this.#put(client, revocations, isNow);
    await this.#room.make(client, revocations.at(-1)!.revoked.issuer);
    await client.query('SELECT pg_notify($1, $2)', [channel, '']);
    return written;
  }

  async #put(client: ClientBase, revocations: readonly DatedRevocation[], isNow: boolean): Promise<number[]> {
    const { schema } = this.database;
    const latest = new Map<string, DatedRevocation>();
    for (const one of revocations) {
      const key = rowKey(one.revoked);
      if (one.at >= (latest.get(key)?.at ?? -Infinity)) latest.set(key, one);
    }
    const { rows } = await client.query<{ seq: string }>(
      `INSERT INTO ${schema}.revocations AS known (key, of_issuer, of_user, revoked, revoked_at, seq, kept_until)
       SELECT key, of_issuer, of_user, revoked, at, nextval('${schema}.revocations_seq'), to_timestamp(at + $6::float8)
       FROM (SELECT key, of_issuer, of_user, revoked, CASE WHEN $7 THEN greatest(at, floor(extract(epoch FROM clock_timestamp())::float8),
               (SELECT floor(extract(epoch FROM kept_until)::float8) FROM ${schema}.replay WHERE id = '${LATEST}')) ELSE at END AS at
             FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[]) AS given (key, of_issuer, of_user, revoked, at)) AS dated
       ON CONFLICT (key) DO UPDATE SET revoked_at = excluded.revoked_at, seq = excluded.seq,
         kept_until = greatest(known.kept_until, excluded.kept_until)
       WHERE known.revoked_at < excluded.revoked_at
       RETURNING seq`,
      [
        [...latest.keys()],
        [...latest.values()].map(({ revoked }) => issuerKey(revoked.issuer)),
        [...latest.values()].map(({ revoked }) => userKey(revoked)),
        [...latest.values()].map(({ revoked }) => JSON.stringify(revoked)),
        [...latest.values()].map(({ at }) => at),
        this.kept,
        isNow,
      ],
    );
    return rows.map(({ seq }) => Number(seq));
  }
}
