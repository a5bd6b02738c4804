import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { RequestStateStore } from 'execution-identity';
import { Database, type PostgresStoreOptions } from './database.js';
import { PostgresStoreError } from './postgres-store-error.js';
import { Sweeper } from './sweeper.js';

const [NONCE, TAG] = [12, 16];
const HANDLE = /^[\w-]{43}$/;
/** Bytes: 1 GiB. */
const CAPACITY = 2 ** 30;

export interface PostgresRequestStateStoreOptions extends PostgresStoreOptions {
  /** Bytes that the table and its indexes may take on disk; then `put` rejects. Default: 1 GiB. */
  readonly capacity?: number;
}

/**
 * A {@link RequestStateStore} in PostgreSQL. The handle is random, and the database does NOT have it: it has the state encrypted (A256GCM) with
 * a key derived from the handle (HKDF, RFC 5869) and bound to its owner. Whoever reads the database learns how large a state is and when it expires.
 *
 * A state ends when it has expired on the clock of the database or on that of the caller. Where the database does not answer, it rejects. A state that
 * is lost with the database is unknown.
 */
export class PostgresRequestStateStore extends RequestStateStore {
  readonly #database: Database;
  readonly #sweeper: Sweeper;
  readonly #capacity: number;

  /** @throws EieConfigurationError for a name of a schema that is none */
  constructor(options: PostgresRequestStateStoreOptions) {
    super();
    this.#database = new Database(options);
    this.#sweeper = new Sweeper(this.#database, 'request_states');
    this.#capacity = options.capacity ?? CAPACITY;
  }

  /** @throws PostgresStoreError (as a rejection) where the database does not answer, or the table has its capacity (`full`) */
  override async put(state: unknown, owner: string, expiresAt: number, now: number): Promise<string> {
    const handle = randomBytes(32).toString('base64url');
    const { id, key } = derived(handle);
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner));
    const text = Buffer.concat([cipher.update(JSON.stringify(state), 'utf8'), cipher.final()]);
    const { schema } = this.#database;
    const { rowCount } = await this.#database.transaction(client =>
      client.query(
        `INSERT INTO ${schema}.request_states (id, sealed, expires_at, kept_until)
         SELECT $1, $2, to_timestamp($3), greatest(to_timestamp($3), clock_timestamp() + make_interval(secs => $4))
         WHERE pg_total_relation_size($5::regclass) < $6`,
        [
          id,
          Buffer.concat([nonce, text, cipher.getAuthTag()]),
          expiresAt,
          expiresAt - now,
          `${schema}.request_states`,
          this.#capacity,
        ],
      ),
    );
    this.#sweeper.notice();
    if (!rowCount) throw new PostgresStoreError('full');
    return handle;
  }

  /** @throws PostgresStoreError (as a rejection) where the database does not answer */
  override async get(handle: string, owner: string, now: number): Promise<unknown> {
    if (!HANDLE.test(handle)) return undefined;
    const { id, key } = derived(handle);
    const { rows } = await this.#database.transaction(client =>
      client.query<{ sealed: Buffer }>(
        `SELECT sealed FROM ${this.#database.schema}.request_states
         WHERE id = $1 AND to_timestamp($2) < expires_at AND clock_timestamp() < kept_until`,
        [id, now],
      ),
    );
    const sealed = rows[0]?.sealed;
    if (!sealed) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE)).setAAD(Buffer.from(owner));
      decipher.setAuthTag(sealed.subarray(-TAG));
      const text = Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()]);
      return JSON.parse(text.toString()) as unknown;
    } catch {
      return undefined;
    }
  }
}

function derived(handle: string): { readonly id: string; readonly key: Uint8Array } {
  const derive = (use: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', handle, '', `nestjs-eie request state ${use}`, 32));
  return { id: Buffer.from(derive('id')).toString('base64url'), key: derive('key') };
}
