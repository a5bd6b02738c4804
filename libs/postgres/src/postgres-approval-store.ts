import { type ApprovalDecision, ApprovalStore, type RequestedApproval, type ShareHolder } from 'execution-identity';
import { compositeKey, digest } from 'execution-identity/internal';
import { Database, type PostgresStoreOptions } from './database.js';
import { PostgresStoreError } from './postgres-store-error.js';
import { Sweeper } from './sweeper.js';

/** Approvals of one user that may wait or be decided at a time. */
const PER_USER = 100;
/** An approval may be used up between two statements. */
const ATTEMPTS = 5;

export interface PostgresApprovalStoreOptions extends PostgresStoreOptions {
  /** Live approvals of one user, through all clients. Default: 100. Calls at the same time may exceed it by their number. */
  readonly perUser?: number;
}

interface Kept {
  readonly approval: string;
  readonly decision: string | null;
}

/**
 * An {@link ApprovalStore} in PostgreSQL: an approval is consumed once, in all processes together. Where the database does not answer, it rejects,
 * and callers refuse.
 *
 * An approval ends when it has expired on the clock of the database or on that of the caller. When a standby is promoted or the store comes back from a backup, an approval from before is nothing any more, since it may have been
 * used: the user is asked again. What an approver is shown is stored as it is, and may be personal data.
 */
export class PostgresApprovalStore extends ApprovalStore {
  readonly #database: Database;
  readonly #sweeper: Sweeper;
  readonly #perUser: number;

  /** @throws EieConfigurationError for a name of a schema that is none */
  constructor(options: PostgresApprovalStoreOptions) {
    super();
    this.#database = new Database(options);
    this.#sweeper = new Sweeper(this.#database, 'approvals');
    this.#perUser = options.perUser ?? PER_USER;
  }

  /** @throws PostgresStoreError (as a rejection) where the database does not answer */
  override async request(
    asked: RequestedApproval,
    now: number,
    holder: ShareHolder = [],
  ): Promise<RequestedApproval | 'full'> {
    this.#sweeper.notice();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const kept = await this.#request(asked, now, holder);
      if (kept) return kept;
    }
    throw new PostgresStoreError('40001');
  }

  override async find(id: string, now: number): Promise<RequestedApproval | undefined> {
    const [kept] = await this.#query<Kept>(`SELECT approval, decision FROM $table WHERE id = $2 AND $live`, now, [
      digest(id),
    ]);
    return kept && read(kept);
  }

  override async pending(
    issuer: string,
    tenant: string | undefined,
    now: number,
  ): Promise<readonly RequestedApproval[]> {
    const kept = await this.#query<Kept>(
      `SELECT approval, decision FROM $table WHERE pool = $2 AND decision IS NULL AND $live ORDER BY seq`,
      now,
      [poolOf(issuer, tenant)],
    );
    return kept.map(read);
  }

  override async decide(id: string, decision: ApprovalDecision, now: number): Promise<boolean> {
    const decided = await this.#query(
      `UPDATE $table SET decision = $3, approved = $4 WHERE id = $2 AND decision IS NULL AND $live RETURNING id`,
      now,
      [digest(id), JSON.stringify(decision), decision.approved],
    );
    return decided.length > 0;
  }

  override async consume(id: string, binding: string, now: number): Promise<RequestedApproval | undefined> {
    const [kept] = await this.#query<Kept>(
      `DELETE FROM $table WHERE id = $2 AND binding = $3 AND approved AND $live RETURNING approval, decision`,
      now,
      [digest(id), digest(binding)],
    );
    return kept && read(kept);
  }

  async #request(
    asked: RequestedApproval,
    now: number,
    holder: ShareHolder,
  ): Promise<RequestedApproval | 'full' | undefined> {
    const { decision: _decision, ...approval } = asked;
    const binding = digest(asked.binding);
    return this.#database.transaction(async client => {
      const ask = async <R extends object>(sql: string, values: unknown[] = []): Promise<R[]> =>
        (await client.query<R>(this.#sql(sql), [now, binding, ...values])).rows;
      await ask(`DELETE FROM $table WHERE binding = $2 AND NOT $live`);
      const [tried] = await ask<{ has_room: boolean; is_kept: boolean }>(
        `WITH room AS MATERIALIZED (
           SELECT count(*) < $7 AS yes FROM (SELECT FROM $table WHERE holder = $6 AND $live LIMIT $7) AS held),
         kept AS (
           INSERT INTO $table (id, binding, pool, holder, epoch, approval, expires_at, kept_until)
           SELECT $3, $2, $4, $6, $epoch, $5, to_timestamp($8::float8), greatest(to_timestamp($8::float8), clock_timestamp() + make_interval(secs => $8::float8 - $1::float8))
           FROM room WHERE room.yes ON CONFLICT DO NOTHING RETURNING id)
         SELECT yes AS has_room, EXISTS (SELECT FROM kept) AS is_kept FROM room`,
        [
          digest(asked.id),
          poolOf(asked.requester.issuer, asked.requester.tenant),
          JSON.stringify(approval),
          digest(compositeKey(...holder.slice(0, 2))),
          this.#perUser,
          asked.expiresAt,
        ],
      );
      if (tried!.is_kept) return asked;
      const [kept] = await ask<Kept>(`SELECT approval, decision FROM $table WHERE binding = $2 AND $live`);
      if (kept) return read(kept);
      return tried!.has_room ? undefined : 'full';
    });
  }

  async #query<R extends object>(sql: string, now: number, values: readonly unknown[]): Promise<R[]> {
    const { rows } = await this.#database.transaction(client => client.query<R>(this.#sql(sql), [now, ...values]));
    return rows;
  }

  #sql(sql: string): string {
    const { schema, epoch } = this.#database;
    return sql
      .replaceAll('$table', () => `${schema}.approvals`)
      .replaceAll(
        '$live',
        () => `(to_timestamp($1::float8) < expires_at AND clock_timestamp() < kept_until AND epoch = ${epoch})`,
      )
      .replaceAll('$epoch', () => epoch);
  }
}

const poolOf = (issuer: string, tenant: string | undefined): string => digest(compositeKey(issuer, tenant));

/** @throws PostgresStoreError for a row that somebody else has written: the error of a parser would quote it */
function read({ approval, decision }: Kept): RequestedApproval {
  try {
    return {
      ...(JSON.parse(approval) as RequestedApproval),
      ...(decision === null ? {} : { decision: JSON.parse(decision) as ApprovalDecision }),
    };
  } catch {
    throw new PostgresStoreError('unreadable');
  }
}
