import { EncryptedRequestStateStore, type EieOptions } from 'nestjs-eie';
import { type StoreServer } from './store.js';

type Ports = NonNullable<EieOptions['ports']>;

interface SharedPorts {
  readonly ports: Ports;
  /** Ends what connects to the store. */
  close(): Promise<unknown>;
}

/** The ports over a store, as an application connects them. Of `none` each process keeps its own: a run over it must fail. */
export async function sharedPorts(
  { kind, url }: Pick<StoreServer, 'kind' | 'url'>,
  secret: string,
): Promise<SharedPorts> {
  const requestState = new EncryptedRequestStateStore(secret);
  const delegatedTokens = { secrets: [secret] };
  if (kind === 'none') return { ports: { requestState }, close: () => Promise.resolve() };
  if (kind === 'redis') {
    const [{ redisStores }, { createClient }] = await Promise.all([import('nestjs-eie-redis'), import('redis')]);
    const client = createClient({ url, disableOfflineQueue: true, commandsQueueMaxLength: 10_000 });
    client.on('error', () => undefined);
    await client.connect();
    const stores = redisStores({ client, delegatedTokens });
    const close = async (): Promise<void> => {
      await stores.revocation.close();
      client.destroy();
    };
    return { ports: { instances: 'many', ...stores, requestState }, close };
  }
  const [{ migrate, postgresStores }, { default: pg }] = await Promise.all([
    import('nestjs-eie-postgres'),
    import('pg'),
  ]);
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 1_000 });
  pool.on('error', () => undefined);
  await migrate(pool);
  const stores = postgresStores({ pool, delegatedTokens });
  const close = async (): Promise<void> => {
    await stores.revocation.close();
    await pool.end();
  };
  return { ports: { instances: 'many', ...stores, requestState }, close };
}
