import { migrate } from 'nestjs-eie-postgres';
import pg from 'pg';
import { createClient, RESP_TYPES } from 'redis';
import { startPostgres } from '../support/postgres-server.js';
import { startRedis } from '../support/redis-server.js';
import { type StoreServer } from './store.js';

/** Both, or those that are named. Each is started when it is asked for. */
export async function* startStores(names: readonly string[]): AsyncGenerator<StoreServer> {
  if (!names.length || names.includes('redis')) yield await redis();
  if (!names.length || names.includes('postgres')) yield await postgres();
}

async function redis(): Promise<StoreServer> {
  const server = await startRedis();
  const connect = () => createClient({ url: server.url });
  const asked = async <Answer>(ask: (client: ReturnType<typeof connect>) => Promise<Answer>): Promise<Answer> => {
    const client = connect();
    await client.connect();
    try {
      return await ask(client);
    } finally {
      client.destroy();
    }
  };
  return {
    ...server,
    kind: 'redis',
    // What DUMP gives is compressed; values are read as each type of key gives them.
    dump: () =>
      asked(async client => {
        const parts: string[] = [];
        const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
        for await (const keys of client.scanIterator({ COUNT: 1_000 }))
          for (const key of keys) {
            parts.push(key);
            const type = await client.type(key);
            const read = READ[type];
            if (!read) throw new Error(`A key of the type ${type} is not read.`);
            parts.push(textOf(await bytes.sendCommand(read(key))));
          }
        return parts.join('\n');
      }),
    plant: text => asked(async client => void (await client.set('planted', text))),
    readOnly: isOn =>
      asked(
        async client =>
          void (await client.sendCommand(isOn ? ['REPLICAOF', '127.0.0.1', '1'] : ['REPLICAOF', 'NO', 'ONE'])),
      ),
    pause: async () => server.pause(),
    resume: async () => server.resume(),
  };
}

const READ: Readonly<Record<string, (key: string) => string[]>> = {
  string: key => ['GET', key],
  hash: key => ['HGETALL', key],
  set: key => ['SMEMBERS', key],
  zset: key => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
  list: key => ['LRANGE', key, '0', '-1'],
  stream: key => ['XRANGE', key, '-', '+'],
};

function textOf(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  if (value instanceof Map) return [...value].map(textOf).join('\n');
  return typeof value === 'object' && value !== null ? Object.entries(value).map(textOf).join('\n') : String(value);
}

async function postgres(): Promise<StoreServer> {
  const server = await startPostgres();
  let locking: pg.Client | undefined;
  const asked = async <Answer>(ask: (client: pg.Client) => Promise<Answer>): Promise<Answer> => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      return await ask(client);
    } finally {
      await client.end();
    }
  };
  return {
    ...server,
    kind: 'postgres',
    async start(empty = false) {
      await server.start();
      if (!empty) return;
      await asked(async client => void (await client.query('drop schema eie cascade')));
      const pool = new pg.Pool({ connectionString: server.url });
      await migrate(pool);
      await pool.end();
    },
    dump: () =>
      asked(async client => {
        const parts: string[] = [];
        for (const { name } of await tablesIn(client)) {
          const { rows } = await client.query<{ text: string }>(`select to_jsonb(t)::text as text from ${name} t`);
          // Bytes are shown in hexadecimal.
          for (const { text } of rows)
            parts.push(
              text,
              text.replace(/\\\\x([0-9a-f]+)/g, (_all, hex: string) => Buffer.from(hex, 'hex').toString('latin1')),
            );
        }
        return parts.join('\n');
      }),
    plant: text =>
      asked(async client => {
        await client.query('create table if not exists planted (value text)');
        await client.query('insert into planted values ($1)', [text]);
      }),
    readOnly: isOn =>
      asked(async client => {
        await client.query('set default_transaction_read_only = off');
        await client.query(`alter database postgres set default_transaction_read_only = ${isOn ? 'on' : 'off'}`);
        // It counts for connections that are made from now on.
        await client.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null',
        );
      }),
    async pause() {
      locking = new pg.Client({ connectionString: server.url });
      await locking.connect();
      const tables = await tablesIn(locking);
      await locking.query('begin');
      await locking.query(`lock table ${tables.map(({ name }) => name).join(', ')} in access exclusive mode`);
    },
    async resume() {
      await locking?.end();
    },
  };
}

async function tablesIn(client: pg.Client): Promise<{ name: string }[]> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  return rows;
}
