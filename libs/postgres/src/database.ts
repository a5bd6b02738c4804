import { withinDeadline } from 'execution-identity/internal';
import { type ClientBase, type Pool, type PoolClient } from 'pg';
import { PostgresStoreError, storeError } from './postgres-store-error.js';
import { DEFAULT_SCHEMA, quotedSchema } from './schema-name.js';

/** Where a store is. */
export interface PostgresStoreOptions {
  /** Of the application, which ends it. Connections to one primary. */
  readonly pool: Pool;
  /** The schema of the tables. Default: `eie`. */
  readonly schema?: string;
}

/** Milliseconds. The library gives a store 2 s: the server ends a statement before. */
const [STATEMENT, LOCK, DEADLINE] = [1_200, 800, 1_800];
const SETTINGS = `SET LOCAL statement_timeout = ${STATEMENT}; SET LOCAL lock_timeout = ${LOCK}; SET LOCAL synchronous_commit = on`;

const guarded = new WeakSet<object>();
const ignore = (): void => undefined;

/** An idle connection that ends is an event of its pool: where nobody listens, it would end the process. */
export function guardIdle(pool: Pool): void {
  if (!guarded.has(pool)) pool.on('error', ignore);
  guarded.add(pool);
}

/** The pool of the application and a schema in it: every use of it is one short transaction. */
export class Database {
  readonly schema: string;
  /** The channel on which revocations are announced. */
  readonly channel: string;
  readonly pool: Pool;

  constructor({ pool, schema = DEFAULT_SCHEMA }: PostgresStoreOptions) {
    this.schema = quotedSchema(schema);
    this.channel = `${schema}_revocations`;
    this.pool = pool;
    guardIdle(pool);
  }

  /**
   * Which store this is, as an SQL expression: another one after it was emptied or restored from a dump, in the same server or another, and
   * on another timeline, which begins when a standby is promoted or a backup is restored.
   */
  get epoch(): string {
    return `(SELECT concat_ws('/', id, tableoid, left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
      (SELECT system_identifier FROM pg_control_system())) FROM ${this.schema}.store)`;
  }

  /** @throws PostgresStoreError where it fails or takes more than 1.8 s: what it did then is undone, or was done unseen */
  async transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    let isBroken = true;
    try {
      const done = await withinDeadline(DEADLINE, () => inTransaction(client, work));
      isBroken = false;
      return done;
    } catch (error) {
      throw failure(error);
    } finally {
      client.release(isBroken);
      // One that is ended may still say something.
      if (!isBroken) listenNoMore(client);
    }
  }

  async #connect(): Promise<PoolClient> {
    let isLate = false;
    const connecting = listenedTo(this.pool).then(client => {
      if (isLate) {
        client.release();
        listenNoMore(client);
      }
      return client;
    });
    try {
      return await withinDeadline(DEADLINE, () => connecting);
    } catch (error) {
      isLate = true;
      connecting.catch(ignore);
      throw failure(error);
    }
  }
}

/**
 * A connection of a pool whose end ends no process: its end is an event too, beside the failure of a statement. It is taken by its callback, since the
 * server may end a connection in the very bytes that open it, before a promise has told anybody.
 */
export const listenedTo = (pool: Pool): Promise<PoolClient> =>
  new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (!client) return reject(error ?? new Error('The pool gave no connection.'));
      client.on('error', ignore);
      resolve(client);
    });
  });

/** Once its pool has it again. */
export const listenNoMore = (client: PoolClient): void => void client.removeListener('error', ignore);

/** One transaction on a connection. After a failure the connection is of no more use. */
export async function inTransaction<T, C extends ClientBase>(client: C, work: (client: C) => Promise<T>): Promise<T> {
  // Whatever the database has as its default: two that serialize would refuse each other.
  await client.query(`BEGIN ISOLATION LEVEL READ COMMITTED; ${SETTINGS}`);
  const done = await work(client);
  await client.query('COMMIT');
  return done;
}

const failure = (error: unknown): PostgresStoreError =>
  (Object(error) as Error).name === 'TimeoutError' ? new PostgresStoreError('timeout') : storeError(error);
