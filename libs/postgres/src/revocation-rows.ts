import { type RevokedIdentity } from 'execution-identity';
import { type DatedRevocation, digest, KnownRevocations, revocationKey } from 'execution-identity/internal';
import { type ClientBase } from 'pg';
import { type Database } from './database.js';
import { PostgresStoreError } from './postgres-store-error.js';

/** What one look at the table has found. */
export interface Found {
  /** Of the store, and of its server since it was started: a server on older files gives numbers again. */
  readonly epoch: string;
  readonly isReadOnly: boolean;
  /** The highest number in the table; 0 where it is empty. */
  readonly last: number;
  readonly rows: readonly (DatedRevocation & { readonly seq: number })[];
}

interface Row {
  readonly epoch: string | null;
  readonly is_read_only: boolean;
  readonly last: string;
  readonly seq: string | null;
  readonly revoked: string;
  readonly revoked_at: number;
}

/** Rows that are read at a time. */
export const PAGE = 1_000;

/** The statements on the table of revocations. Each runs in a transaction of its caller. */
export class RevocationRows {
  constructor(
    private readonly database: Database,
    private readonly capacity: number,
    private readonly kept: number,
  ) {}

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
      rows: rows.flatMap(row => (row.seq === null ? [] : [{ ...read(row), seq: Number(row.seq) }])),
    };
  }

  /**
   * Writes revocations and tells other connections. Numbers are given under a lock, so that they commit in their order and none is skipped by who
   * reads on from a number.
   *
   * @param isNow they count from now on, on the clock of the database too
   * @returns the numbers of the rows that they are in
   */
  async write(client: ClientBase, revocations: readonly DatedRevocation[], isNow: boolean): Promise<number[]> {
    const { schema, channel } = this.database;
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [channel]);
    const written = await this.#put(client, revocations, isNow);
    const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${schema}.revocations`);
    if (Number(rows[0]!.count) > this.capacity) await this.#coarsen(client);
    await client.query('SELECT pg_notify($1, $2)', [channel, '']);
    return written;
  }

  async #put(client: ClientBase, revocations: readonly DatedRevocation[], isNow: boolean): Promise<number[]> {
    const { schema } = this.database;
    const latest = new Map<string, DatedRevocation>();
    for (const one of revocations) {
      const key = digest(revocationKey(one.revoked));
      if (one.at >= (latest.get(key)?.at ?? -Infinity)) latest.set(key, one);
    }
    const { rows } = await client.query<{ seq: string }>(
      `INSERT INTO ${schema}.revocations AS known (key, revoked, revoked_at, seq, kept_until)
       SELECT key, revoked, at, nextval('${schema}.revocations_seq'), to_timestamp(at + $4::float8)
       FROM (SELECT key, revoked, CASE WHEN $5 THEN greatest(at, floor(extract(epoch FROM clock_timestamp())::float8)) ELSE at END AS at
             FROM unnest($1::text[], $2::text[], $3::float8[]) AS given (key, revoked, at)) AS dated
       ON CONFLICT (key) DO UPDATE SET revoked_at = excluded.revoked_at, seq = excluded.seq,
         kept_until = greatest(known.kept_until, excluded.kept_until)
       WHERE known.revoked_at < excluded.revoked_at
       RETURNING seq`,
      [
        [...latest.keys()],
        [...latest.values()].map(({ revoked }) => JSON.stringify(revoked)),
        [...latest.values()].map(({ at }) => at),
        this.kept,
        isNow,
      ],
    );
    return rows.map(({ seq }) => Number(seq));
  }

  /** Something wider in place of several, as in the memory of a process. */
  async #coarsen(client: ClientBase): Promise<void> {
    const { schema } = this.database;
    await client.query(`DELETE FROM ${schema}.revocations WHERE kept_until <= clock_timestamp()`);
    const { rows } = await client.query<Row & { key: string }>(
      `SELECT key, revoked, revoked_at FROM ${schema}.revocations`,
    );
    // Half of it, so that a storm does not do this for each batch.
    const known = new KnownRevocations(Math.ceil(this.capacity / 2), Infinity);
    for (const { revoked, at } of rows.map(read)) known.keep(revoked, at, 0);
    const kept = new Map(known.live(0).map(one => [digest(revocationKey(one.revoked)), one]));
    const gone = rows.filter(({ key }) => !kept.has(key)).map(({ key }) => key);
    await client.query(`DELETE FROM ${schema}.revocations WHERE key = ANY ($1::text[])`, [gone]);
    for (const { key, revoked_at } of rows) if (kept.get(key)?.at === revoked_at) kept.delete(key);
    await this.#put(client, [...kept.values()], false);
  }
}

const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';

function read({ revoked: text, revoked_at: at }: Pick<Row, 'revoked' | 'revoked_at'>): DatedRevocation {
  let revoked: RevokedIdentity | undefined;
  try {
    revoked = JSON.parse(text) as RevokedIdentity;
  } catch {
    // Said below.
  }
  const { issuer, sub, tenant, client_id, sid, agent } = Object(revoked) as Partial<RevokedIdentity>;
  const { issuer: agentIssuer, id } = Object(agent) as Partial<NonNullable<RevokedIdentity['agent']>>;
  const isReadable =
    typeof issuer === 'string' &&
    [sub, tenant, client_id, sid].every(isText) &&
    (agent === undefined || (typeof agentIssuer === 'string' && typeof id === 'string'));
  if (!isReadable || !Number.isFinite(at)) throw new PostgresStoreError('unreadable');
  return { revoked: revoked!, at };
}
