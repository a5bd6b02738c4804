const REMEDIES: Readonly<Record<string, string>> = {
  '25006': 'The database is read-only: connect to the primary.',
  '28P01': 'The password is wrong.',
  '42501': 'The role lacks a right: see the grants in the README of nestjs-eie-postgres.',
  '42P01': 'The tables are not there: run migrate().',
  '3F000': 'The schema is not there: run migrate().',
  '53100': 'The disk of the database is full.',
  '53300': 'The database takes no more connections.',
  '55000': 'The database is a standby: connect to the primary.',
  '55P03': 'Somebody else holds a lock for too long.',
  '57014': 'The database is too slow: a statement was ended.',
  empty: 'The table "store" is empty: run migrate().',
  full: 'It has as much as it may hold.',
  stale: 'Revocations were not heard of for too long.',
  timeout: 'There was no answer in time.',
  unreadable:
    'A row cannot be read, because something else has written it: delete it, and, in the table "revocations", revoke again what it was for.',
};

/**
 * A store in PostgreSQL that cannot answer. Callers refuse. It has a code and a fixed text: NEVER a value, a statement or a message of the server,
 * which may quote values.
 */
export class PostgresStoreError extends Error {
  override readonly name = 'PostgresStoreError';

  /** @param code the SQLSTATE, the code of the connection (`ECONNREFUSED`), or one of `empty`, `full`, `stale`, `timeout`, `unreadable` */
  constructor(readonly code: string) {
    super(`PostgreSQL does not answer as it should (${code}). ${REMEDIES[code] ?? ''}`.trim());
  }
}

/** The same without what it may quote. */
export function storeError(error: unknown): PostgresStoreError {
  if (error instanceof PostgresStoreError) return error;
  const { code } = Object(error) as { code?: unknown };
  return new PostgresStoreError(typeof code === 'string' && /^\w{1,32}$/.test(code) ? code : 'unavailable');
}
