import { readFile } from 'node:fs/promises';
import { type Pool } from 'pg';
import { guardIdle, listenedTo, listenNoMore } from './database.js';
import { DEFAULT_SCHEMA, quotedSchema } from './schema-name.js';

const FILES = ['001-stores.sql', '002-audit.sql', '003-delegated-tokens.sql'];

/**
 * Makes the tables of the stores and of the audit log, in a schema of their own. It may be called any number of times, by several processes at
 * once. It needs a role that may create a schema; the processes that use the stores need less: see the README. It deletes nothing.
 *
 * @throws EieConfigurationError for a name of a schema that is none; the error of `pg` where a statement fails
 */
export async function migrate(
  pool: Pool,
  { schema = DEFAULT_SCHEMA }: { readonly schema?: string } = {},
): Promise<void> {
  const name = quotedSchema(schema);
  guardIdle(pool);
  const client = await listenedTo(pool);
  let isBroken = true;
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `nestjs-eie-postgres migrate ${name}`,
    ]);
    for (const file of FILES) {
      const sql = await readFile(new URL(`../migrations/${file}`, import.meta.url), 'utf8');
      await client.query(sql.replaceAll(':"schema"', name));
    }
    await client.query('COMMIT');
    isBroken = false;
  } finally {
    client.release(isBroken);
    if (!isBroken) listenNoMore(client);
  }
}
