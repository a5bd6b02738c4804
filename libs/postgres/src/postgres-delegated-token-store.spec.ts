import { type Pool } from 'pg';
import { describeWithPostgres, PostgresServer } from '../test/postgres-server.js';
import { PostgresDelegatedTokenStore } from './postgres-delegated-token-store.js';
import { PostgresStoreError } from './postgres-store-error.js';
import { postgresStores } from './postgres-stores.js';

const now = (): number => Math.floor(Date.now() / 1000);

describeWithPostgres('the store of delegated tokens in PostgreSQL', () => {
  let server: PostgresServer;
  let pool: Pool;
  let schema: string;
  let store: PostgresDelegatedTokenStore;
  beforeAll(async () => void (server = await PostgresServer.start()));
  beforeEach(async () => {
    schema = await server.schema();
    pool = server.pool();
    store = new PostgresDelegatedTokenStore({ pool, schema });
  });
  afterEach(() => server.endPools());
  afterAll(() => server?.stop());

  const put = (place: string, lifetime = 60) => store.set(place, `1.${place}`, now() + lifetime, now());
  const places = async () =>
    (await server.query(`SELECT place FROM ${schema}.delegated_tokens ORDER BY 1`)).map(({ place }) => place as string);

  it('is there where its secrets are given, and nowhere else', () => {
    expect(postgresStores({ pool, schema })).not.toHaveProperty('delegatedTokens');
    const secrets = ['s'.repeat(32)];
    const { delegatedTokens } = postgresStores({ pool, schema, delegatedTokens: { secrets } });
    expect(delegatedTokens).toEqual({ store: expect.any(PostgresDelegatedTokenStore), secrets });
  });

  it('writes nothing of what is sealed into the write-ahead log', async () => {
    const [{ relpersistence }] = await server.query(
      `SELECT relpersistence FROM pg_class WHERE oid = '${schema}.delegated_tokens'::regclass`,
    );
    expect(relpersistence).toBe('u');
  });

  it('deletes what has expired behind its calls', async () => {
    await put('over', 1);
    await put('stays');
    for (const end = Date.now() + 10_000; (await places()).length > 1 && Date.now() < end;) {
      await new Promise(resolve => setTimeout(resolve, 300));
      await put('stays');
    }
    expect(await places()).toEqual(['stays']);
  });

  it('counts lifetimes on the clock of the database: a caller may be an hour behind it or ahead', async () => {
    for (const hour of [-3_600, 3_600]) {
      await store.set('place', '1.sealed', now() + hour + 60, now() + hour);
      expect(await store.get('place')).toBe('1.sealed');
      const [{ life }] = await server.query(
        `SELECT extract(epoch FROM kept_until - clock_timestamp())::int AS life FROM ${schema}.delegated_tokens`,
      );
      expect(life).toBeLessThanOrEqual(60);
    }
  });

  it('takes no more than its capacity, and still gives what it has', async () => {
    await put('place');
    store = new PostgresDelegatedTokenStore({ pool, schema, capacity: 1 });
    await expect(put('more')).rejects.toMatchObject({ code: 'full' });
    expect(await store.get('place')).toBe('1.place');
  });

  it('has nothing where somebody has put something huge', async () => {
    await put('place');
    await server.query(`UPDATE ${schema}.delegated_tokens SET sealed = repeat('x', 65537)`);
    expect(await store.get('place')).toBeUndefined();
  });

  it('rejects where the database is read-only or away, and quotes nothing', async () => {
    const failed = async (call: Promise<unknown>) => {
      const error = (await call.catch((error: unknown) => error)) as PostgresStoreError;
      expect(error).toBeInstanceOf(PostgresStoreError);
      expect(String(error) + JSON.stringify(error)).not.toMatch(/place|sealed/);
      return error.code;
    };
    const readOnly = server.pool({ options: '-c default_transaction_read_only=on' });
    store = new PostgresDelegatedTokenStore({ pool: readOnly, schema });
    expect(await failed(put('place'))).toBe('25006');
    await server.query(`DROP TABLE ${schema}.delegated_tokens`);
    for (const call of [() => store.get('place'), () => put('place'), () => store.delete(['place'])])
      expect(await failed(call())).toBe('42P01');
  });
});
