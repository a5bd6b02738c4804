const REMEDIES: Readonly<Record<string, string>> = {
  '25006': 'The database is read-only: connect to the primary.',
  '23502': 'The tables are of another version: run migrate().',
  '28000': 'The role does not exist, or may not log in.',
  '28P01': 'The password is wrong.',
  '3D000': 'The database does not exist.',
  '42501': 'The role lacks a right: see the grants in the README of nestjs-eie-postgres.',
  '42703': 'The tables are of another version: run migrate().',
  '42883': 'A function is not there: run migrate().',
  '42P01': 'The tables are not there: run migrate().',
  '3F000': 'The schema is not there: run migrate().',
  '53100': 'The disk of the database is full.',
  '53300': 'The database takes no more connections.',
  '55000': 'The database is a standby: connect to the primary.',
  '55P03': 'Somebody else holds a lock for too long.',
  '57014': 'The database is too slow: a statement was ended.',
  SASL: 'The database asks for a password, and the pool has none.',
  TLS: 'The database does not speak TLS: see "ssl" of the pool.',
  empty: 'The table "store" is empty: run migrate().',
  ended: 'The pool was ended: end it after app.close().',
  full: 'It has as much as it may hold.',
  stale: 'Revocations were not heard of for too long.',
  timeout: 'There was no answer in time, or no connection of the pool was free.',
  unreadable:
    'A row cannot be read, because something else has written it: delete it, and, in the table "revocations", revoke again what it was for.',
};

/** What `pg` says without a code. */
const TOLD: readonly (readonly [RegExp, string])[] = [
  [/^timeout exceeded when trying to connect$/, 'timeout'],
  [/^Cannot use a pool after calling end on the pool$/, 'ended'],
  [/^The server does not support SSL connections$/, 'TLS'],
  [/^SASL: .*password must be/, 'SASL'],
];

/**
 * A store in PostgreSQL that cannot answer. Callers refuse. It has a code and a fixed text: NEVER a value, a statement or a message of the server,
 * which may quote values.
 */
export class PostgresStoreError extends Error {
  override readonly name = 'PostgresStoreError';

  /** What the operator can do, as far as it is known: a fixed text. */
  readonly remedy: string | undefined;

  /**
   * @param code the SQLSTATE, the code of the connection (`ECONNREFUSED`), or one of `SASL`, `TLS`, `empty`, `ended`, `full`, `stale`, `timeout`, `unreadable`,
   * `unavailable`
   * @param cause why it is `stale`
   */
  constructor(
    readonly code: string,
    cause?: PostgresStoreError,
  ) {
    const remedy = remedyOf(code, cause);
    super(`PostgreSQL does not answer as it should (${code}). ${remedy ?? ''}`.trim());
    this.remedy = remedy;
  }
}

function remedyOf(code: string, cause?: PostgresStoreError): string | undefined {
  const own = Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined;
  return cause ? `${own} The last look: ${cause.code}. ${cause.remedy ?? ''}`.trim() : own;
}

/** The same without what it may quote. */
export function storeError(error: unknown): PostgresStoreError {
  if (error instanceof PostgresStoreError) return error;
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const told = TOLD.find(([said]) => typeof message === 'string' && said.test(message));
  if (told) return new PostgresStoreError(told[1]);
  return new PostgresStoreError(typeof code === 'string' && /^\w{1,32}$/.test(code) ? code : 'unavailable');
}
