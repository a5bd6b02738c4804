import { type Database } from './database.js';

const BATCH = 500;
/** Milliseconds between two batches, unless there was more than one. */
const PAUSE = 1_000;

/** Deletes what has expired, behind the calls: 500 rows at a time, by an index. A failure is left to the next time. */
export class Sweeper {
  #next = 0;
  #isRunning = false;

  constructor(
    private readonly database: Database,
    private readonly table: 'replay' | 'revocations' | 'request_states' | 'approvals' | 'delegated_tokens',
  ) {}

  /** Nobody waits for it. */
  notice(): void {
    if (this.#isRunning || performance.now() < this.#next) return;
    this.#isRunning = true;
    void this.#sweep()
      .catch(() => 0)
      .then(deleted => {
        this.#isRunning = false;
        this.#next = deleted < BATCH ? performance.now() + PAUSE : 0;
      });
  }

  async #sweep(): Promise<number> {
    const table = `${this.database.schema}.${this.table}`;
    const { rowCount } = await this.database.transaction(client =>
      client.query(
        `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM ${table} WHERE kept_until <= clock_timestamp() ORDER BY kept_until LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))`,
      ),
    );
    return rowCount ?? 0;
  }
}
