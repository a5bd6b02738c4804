import { type AuditEvent, type AuditExporter, type AuditRecord } from 'execution-identity';
import { type Pool, type PoolClient } from 'pg';
import { guardIdle, listenedTo, listenNoMore, type PostgresStoreOptions } from './database.js';
import { PostgresStoreError, storeError } from './postgres-store-error.js';
import { DEFAULT_SCHEMA, quotedSchema } from './schema-name.js';

const TEXTS = [
  'id',
  'type',
  'service',
  'actor_issuer',
  'actor_sub',
  'tenant',
  'agent_issuer',
  'agent_id',
  'client_id',
  'handler',
  'target',
  'outcome',
  'reason',
  'trace_id',
  'envelope_id',
] as const satisfies readonly (keyof AuditEvent)[];
/** Milliseconds. The library gives a batch 30 s. */
const STATEMENT = 25_000;
/** Characters of a column for questions: an index takes no row beyond 2.7 kB. */
const LONGEST = 512;
const ignore = (): void => undefined;

export interface PostgresAuditExporterOptions extends PostgresStoreOptions {
  /** Names the cursor of this exporter: see `AuditExporter`. Default: `postgres`. */
  readonly name?: string;
}

/**
 * Copies the records of an audit log to PostgreSQL, where they can be asked by actor, agent, tool and time. One record is there once, however often it
 * comes. The column `record` has all of it; the other columns are for questions, and have `�` in place of a NUL and 512 characters at most.
 * A record that the database takes no other way has its id and type alone beside `record`: no record keeps others back. A month is a partition, which is made when its
 * first record comes.
 *
 * It is a copy: the files of the log alone can be verified. Nothing is removed: drop a partition when its time is over.
 */
export class PostgresAuditExporter implements AuditExporter {
  readonly name: string;
  readonly #pool: Pool;
  readonly #schema: string;
  readonly #months = new Set<string>();

  /** @throws EieConfigurationError for a name of a schema that is none */
  constructor({ pool, schema = DEFAULT_SCHEMA, name = 'postgres' }: PostgresAuditExporterOptions) {
    this.name = name;
    this.#pool = pool;
    this.#schema = quotedSchema(schema);
    guardIdle(pool);
  }

  /** @throws PostgresStoreError (as a rejection) where the database does not take the records: nothing of the batch is kept then */
  async export(records: readonly AuditRecord[], signal: AbortSignal): Promise<void> {
    try {
      await this.#export(records, signal);
    } catch (error) {
      // Somebody may have dropped a partition.
      this.#months.clear();
      throw signal.aborted ? new PostgresStoreError('timeout') : storeError(error);
    }
  }

  async #export(records: readonly AuditRecord[], signal: AbortSignal): Promise<void> {
    const client = await this.#connect(signal);
    let isReleased = false;
    const release = (isBroken: boolean): void => {
      if (!isReleased) client.release(isBroken);
      isReleased = true;
    };
    const abort = (): void => release(true);
    signal.addEventListener('abort', abort);
    let isBroken = true;
    try {
      if (signal.aborted) throw new PostgresStoreError('timeout');
      await this.#put(client, records);
      isBroken = false;
    } finally {
      signal.removeEventListener('abort', abort);
      release(isBroken);
      if (!isBroken) listenNoMore(client);
    }
  }
  /** A connection that comes after the signal goes back. */
  async #connect(signal: AbortSignal): Promise<PoolClient> {
    const connecting = listenedTo(this.#pool);
    let abort = ignore;
    const aborted = new Promise<never>((_resolve, reject) => {
      abort = () => reject(new PostgresStoreError('timeout'));
    });
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      return await Promise.race([connecting, aborted]);
    } catch (error) {
      connecting.then(client => {
        client.release();
        listenNoMore(client);
      }, ignore);
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #put(client: PoolClient, records: readonly AuditRecord[]): Promise<void> {
    try {
      await this.#insert(client, records);
    } catch (error) {
      if (!isOfData(error)) throw error;
      await client.query('ROLLBACK');
      if (records.length > 1) for (const record of records) await this.#put(client, [record]);
      else await this.#insert(client, records, BARE);
    }
  }

  async #insert(
    client: PoolClient,
    records: readonly AuditRecord[],
    columns: ReadonlySet<string> = ALL,
  ): Promise<void> {
    await client.query(
      `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = ${STATEMENT}; SET LOCAL synchronous_commit = on`,
    );
    const months = new Set(records.map(({ time }) => `${time.slice(0, 7)}-01`));
    for (const month of months)
      if (!this.#months.has(month)) await client.query(`SELECT ${this.#schema}.make_audit_partition($1)`, [month]);
    await client.query(
      `INSERT INTO ${this.#schema}.audit_events (time, seq, record, ${TEXTS.join(', ')})
       SELECT * FROM unnest($1::timestamptz[], $2::bigint[], $3::json[], ${TEXTS.map((_, i) => `$${i + 4}::text[]`).join(', ')})
       ON CONFLICT DO NOTHING`,
      [
        records.map(({ time }) => time),
        records.map(({ seq }) => seq),
        records.map(record => (columns === ALL ? JSON.stringify(record) : inAscii(record))),
        ...TEXTS.map(member => records.map(record => (columns.has(member) ? storable(record, member) : null))),
      ],
    );
    await client.query('COMMIT');
    for (const month of months) this.#months.add(month);
  }
}

const ALL: ReadonlySet<string> = new Set(TEXTS);
const BARE: ReadonlySet<string> = new Set(['id', 'type']);

/** SQLSTATE classes: 22 is data, 54 a limit of the program. */
const isOfData = (error: unknown): boolean => /^(22|54)...$/.test(String((Object(error) as { code?: unknown }).code));

/** Not every encoding of a database has every character. */
const inAscii = (record: AuditRecord): string =>
  JSON.stringify(record).replaceAll(/[\u0080-\uffff]/g, one => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** PostgreSQL has no NUL in a text. */
function storable(record: AuditRecord, member: (typeof TEXTS)[number]): string | null {
  const value = (record as Partial<AuditEvent>)[member];
  return value === null || value === undefined ? null : String(value).slice(0, LONGEST).replaceAll('\0', '\ufffd');
}
