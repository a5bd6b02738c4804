import { EncryptedRequestStateStore, type EieOptions } from 'nestjs-eie';
import { type StoreServer } from './store.js';

type Ports = NonNullable<EieOptions['ports']>;

/** The ports over a store, as an application connects them. Of `none` each process keeps its own: a run over it must fail. */
export async function sharedPorts({ kind, url }: Pick<StoreServer, 'kind' | 'url'>, secret: string): Promise<Ports> {
  const requestState = new EncryptedRequestStateStore(secret);
  const delegatedTokens = { secrets: [secret] };
  if (kind === 'none') return { requestState };
  if (kind === 'redis') {
    const [{ redisStores }, { createClient }] = await Promise.all([import('nestjs-eie-redis'), import('redis')]);
    const client = createClient({ url, disableOfflineQueue: true, commandsQueueMaxLength: 10_000 });
    client.on('error', () => undefined);
    await client.connect();
    return { instances: 'many', ...redisStores({ client, delegatedTokens }), requestState };
  }
  const [{ migrate, postgresStores }, { default: pg }] = await Promise.all([
    import('nestjs-eie-postgres'),
    import('pg'),
  ]);
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 1_000 });
  pool.on('error', () => undefined);
  await migrate(pool);
  return { instances: 'many', ...postgresStores({ pool, delegatedTokens }), requestState };
}
