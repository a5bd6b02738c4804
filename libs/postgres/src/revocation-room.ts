import { type DatedRevocation } from 'execution-identity/internal';
import { type ClientBase } from 'pg';
import { type Database } from './database.js';
import { issuerKey, readRevocation, type RevocationRow, rowKey } from './revocation-record.js';

/** Users that become one row each, and rows that are deleted, by one statement: few enough for its time limit. */
const [USERS, ROWS] = [1_000, 5_000];
/** In one transaction. What is left is for the next one. */
const ROUNDS = 3;

interface Several extends RevocationRow {
  readonly of_user: string;
  readonly rows: number;
}

/**
 * Keeps the table of revocations about as small as it must be: where it has more rows than the capacity, it keeps something wider in place of several, a user
 * in place of the sessions of that user, at worst the issuer. It begins within the issuer that fills it.
 */
export class RevocationRoom {
  constructor(
    private readonly database: Database,
    private readonly capacity: number,
    private readonly put: (client: ClientBase, wide: readonly DatedRevocation[]) => Promise<unknown>,
  ) {}

  /** In a transaction of the caller. */
  async make(client: ClientBase, issuer: string): Promise<void> {
    // Some more than it must, so that the next ones find room.
    const spare = Math.min(this.capacity / 10, USERS);
    for (let round = 0; round < ROUNDS; round++) {
      const tooMany = (await this.#count(client)) - this.capacity;
      if (tooMany <= 0) return;
      const freed = Math.max(tooMany, spare);
      if (!(await this.#widen(client, issuer, freed)) && !(await this.#widenFullest(client, freed))) return;
    }
  }

  async #count(client: ClientBase): Promise<number> {
    const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${this.#table}`);
    return Number(rows[0]!.count);
  }

  async #widenFullest(client: ClientBase, tooMany: number): Promise<boolean> {
    const { rows } = await client.query<RevocationRow>(
      `SELECT min(revoked) AS revoked, max(revoked_at) AS revoked_at FROM ${this.#table}
       GROUP BY of_issuer HAVING count(*) > 1 ORDER BY count(*) DESC LIMIT 1`,
    );
    return rows[0] !== undefined && this.#widen(client, readRevocation(rows[0]).revoked.issuer, tooMany);
  }

  /** @returns whether there are fewer rows */
  async #widen(client: ClientBase, issuer: string, tooMany: number): Promise<boolean> {
    if (await this.#dropCovered(client, issuer)) return true;
    const users = await this.#severalOf(client, issuer);
    let freed = 0;
    const widened: Several[] = [];
    while (users.length && freed < tooMany) {
      const next = users.shift()!;
      freed += next.rows - 1;
      widened.push(next);
    }
    if (!widened.length) return this.#widenToIssuer(client, issuer);
    await client.query(`DELETE FROM ${this.#table} WHERE of_issuer = $1 AND of_user = ANY ($2::text[])`, [
      issuerKey(issuer),
      widened.map(({ of_user: user }) => user),
    ]);
    const wide = widened.map(readRevocation);
    await this.put(
      client,
      wide.map(({ revoked: { sub }, at }) => ({ revoked: { issuer, ...(sub !== undefined && { sub }) }, at })),
    );
    return true;
  }

  async #severalOf(client: ClientBase, issuer: string): Promise<Several[]> {
    const { rows } = await client.query<Several>(
      `SELECT of_user, count(*)::int AS rows, min(revoked) AS revoked, max(revoked_at) AS revoked_at FROM ${this.#table}
       WHERE of_issuer = $1 AND of_user IS NOT NULL GROUP BY of_user HAVING count(*) > 1 ORDER BY count(*) DESC LIMIT ${USERS}`,
      [issuerKey(issuer)],
    );
    return rows;
  }

  async #widenToIssuer(client: ClientBase, issuer: string): Promise<boolean> {
    const { rows } = await client.query<{ count: string; at: number }>(
      `SELECT count(*), max(revoked_at) AS at FROM ${this.#table} WHERE of_issuer = $1`,
      [issuerKey(issuer)],
    );
    if (Number(rows[0]!.count) < 2) return false;
    await this.put(client, [{ revoked: { issuer }, at: rows[0]!.at }]);
    return this.#dropCovered(client, issuer);
  }

  /** What the revocation of the whole issuer covers. */
  async #dropCovered(client: ClientBase, issuer: string): Promise<boolean> {
    const { rowCount } = await client.query(
      `DELETE FROM ${this.#table} WHERE ctid = ANY (ARRAY(
         SELECT one.ctid FROM ${this.#table} AS one, ${this.#table} AS whole
         WHERE whole.key = $1 AND one.of_issuer = $2 AND one.key <> $1 AND one.revoked_at <= whole.revoked_at LIMIT ${ROWS}))`,
      [rowKey({ issuer }), issuerKey(issuer)],
    );
    return (rowCount ?? 0) > 0;
  }

  get #table(): string {
    return `${this.database.schema}.revocations`;
  }
}
