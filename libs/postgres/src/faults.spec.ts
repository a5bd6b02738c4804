import { type AuditRecord, type RequestedApproval } from 'execution-identity';
import { Pool } from 'pg';
import { describeWithPostgres, PostgresServer } from '../test/postgres-server.js';
import { until } from '../test/until.js';
import { migrate } from './migrate.js';
import { PostgresAuditExporter } from './postgres-audit-exporter.js';
import { postgresStores, type PostgresStores } from './postgres-stores.js';

const ISSUER = 'https://as.test';
const now = (): number => Math.floor(Date.now() / 1_000);

const RECORD = { seq: 1, id: 'r', time: '2026-11-30T23:59:59.999Z', type: 'log.closed', v: 1, log: 'l' } as AuditRecord;
const signal = (): AbortSignal => AbortSignal.timeout(20_000);

const WHO = { issuer: ISSUER, sub: 'alice', client_id: 'desk', agent: { issuer: ISSUER, id: 'agent' } };

const asked = (id: string, expiresAt: number): RequestedApproval => ({
  id,
  binding: `call ${id}`,
  by: 'another',
  requester: { issuer: ISSUER, sub: 'alice', client_id: 'desk', agents: [] },
  server: 'https://mcp.shop.test/mcp',
  handler: 'refund',
  reason: 'Money leaves.',
  shown: [],
  requestedAt: expiresAt - 60,
  expiresAt,
});

/** Asks every store something, and what each of them did: the code of its refusal, or `answered`. */
async function ask({ replay, revocation, requestState, approvals }: PostgresStores): Promise<Record<string, string>> {
  const time = now();
  const started = performance.now();
  const asks = {
    replay: replay.take('one more', time + 60, time),
    revocation: revocation.add({ issuer: ISSUER, sub: 'mallory' }, time),
    requestState: requestState.put('state', 'alice', time + 60, time),
    approvals: approvals.request(asked('one more', time + 60), time),
  };
  const entries = Object.entries(asks).map(async ([name, answer]) => [
    name,
    await answer.then(
      () => 'answered',
      (error: { code?: string }) => String(error.code),
    ),
  ]);
  const answers = Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
  expect(performance.now() - started).toBeLessThan(10_000);
  return answers;
}
const all = (code: unknown) => ({ replay: code, revocation: code, requestState: code, approvals: code });

describeWithPostgres('the stores in PostgreSQL', () => {
  let server: PostgresServer;
  let schema: string;
  let opened: PostgresStores[] = [];
  beforeAll(async () => void (server = await PostgresServer.start()));
  beforeEach(async () => {
    await server.up();
    schema = await server.schema();
  });
  afterEach(async () => {
    await Promise.all(opened.map(({ revocation }) => revocation.close()));
    opened = [];
    await server.endPools();
  });
  afterAll(() => server?.stop());

  /** The latest time that any process has told of. */
  const latest = async (): Promise<number> => {
    const sql = `SELECT extract(epoch FROM kept_until)::float8 AS at FROM ${schema}.replay WHERE id = 'latest'`;
    return (await server.pool().query<{ at: number }>(sql)).rows[0]?.at ?? 0;
  };
  const open = (config = {}): PostgresStores => {
    const stores = postgresStores({ pool: server.pool(config), schema });
    opened.push(stores);
    return stores;
  };
  const TABLES = ['replay', 'revocations', 'request_states', 'approvals'];
  const onInsert = async (body: string): Promise<void> => {
    await server.query(
      `CREATE FUNCTION ${schema}.fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN new; END $$`,
    );
    for (const table of TABLES)
      await server.query(
        `CREATE TRIGGER fault BEFORE INSERT ON ${schema}.${table} FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.fault()`,
      );
  };

  it('refuse within two seconds where the database is slow, and the statement is ended', async () => {
    await onInsert('PERFORM pg_sleep(30);');
    expect(await ask(open())).toEqual(all('57014'));
    expect(
      await server.query(
        `SELECT FROM pg_stat_activity WHERE query LIKE '%INTO "${schema}".replay%' AND state = 'active' AND pid <> pg_backend_pid()`,
      ),
    ).toEqual([]);
  });

  it.each([
    ['an audit log is copied', (pool: Pool) => new PostgresAuditExporter({ pool, schema }).export([RECORD], signal())],
    ['the tables are made', (pool: Pool) => migrate(pool, { schema })],
  ])('end no process when the server goes away behind an idle connection through which %s', async (_what, use) => {
    const pool = server.pool();
    await use(pool);
    expect(pool.idleCount).toBe(1);
    await server.down();
    await until(() => pool.totalCount === 0);
    await expect(use(pool)).rejects.toThrow('ECONNREFUSED');
    await server.up();
    await use(pool);
  });

  it('end no process when the server goes away while the tables are made: that is refused', async () => {
    const blocker = await server.pool().connect();
    blocker.on('error', () => undefined);
    await blocker.query('BEGIN');
    await blocker.query(`LOCK TABLE ${schema}.store IN ACCESS EXCLUSIVE MODE`);
    const made = migrate(server.pool(), { schema }).catch((error: Error) => error);
    await until(
      async () => (await server.query(`SELECT FROM pg_stat_activity WHERE wait_event = 'relation'`)).length === 1,
    );
    await server.down();
    blocker.release(true);
    expect(await made).toBeInstanceOf(Error);
  });

  it('are written while their tables are made again: that waits for nobody, and nobody waits for it', async () => {
    const writer = await server.pool().connect();
    await writer.query(`BEGIN; SELECT ${schema}.make_audit_partition('2026-11-01')`);
    for (const table of [...TABLES, 'delegated_tokens', 'audit_events'])
      await writer.query(`LOCK TABLE ${schema}.${table} IN ROW EXCLUSIVE MODE`);
    const made = migrate(server.pool({ options: '-c lock_timeout=500' }), { schema });
    await made.finally(() => writer.release(true));
  });

  it('refuse where somebody holds a lock', async () => {
    const blocker = await server.pool().connect();
    await blocker.query('BEGIN');
    for (const table of TABLES) await blocker.query(`LOCK TABLE ${schema}.${table} IN ACCESS EXCLUSIVE MODE`);
    expect(await ask(open())).toEqual(all('55P03'));
    await blocker.query('ROLLBACK');
    blocker.release();
  });

  it('refuse nobody for others that come at the same time, where transactions of the database are serializable', async () => {
    const config = { options: '-c default_transaction_isolation=serializable' };
    const [one, other] = [open(config), open(config)];
    const time = now();
    const CALLS = 20;
    for (const { revocation } of [one, other]) await revocation.isRevoked({ ...WHO, issuedAt: time }, time);
    const each = async <T>(ask: (stores: PostgresStores, i: number) => Promise<T>): Promise<unknown[]> =>
      (await Promise.allSettled(Array.from({ length: CALLS }, (_, i) => ask(i % 2 ? one : other, i)))).map(
        call => (call.status === 'fulfilled' ? call.value : (call.reason as Error).message) as unknown,
      );
    expect(await each(({ replay }, i) => replay.take(`id ${i}`, time + 60, time))).toEqual(Array(CALLS).fill('fresh'));
    const taken = await each(({ replay }) => replay.take('one id', time + 60, time));
    expect(taken.sort()).toEqual(['fresh', ...Array<string>(CALLS - 1).fill('replayed')]);
    expect(await each(({ revocation }, i) => revocation.add({ issuer: ISSUER, sub: `user ${i % 7}` }, time))).toEqual(
      Array(CALLS).fill(undefined),
    );
    const requests = await each(({ approvals }, i) => approvals.request(asked(`${i % 6}`, time + 60), time));
    expect(requests).toEqual(Array(CALLS).fill(expect.objectContaining({ handler: 'refund' })));
  });

  it('refuse where no connection is free', async () => {
    const stores = open({ max: 1 });
    const pool = server.lastPool;
    const held = await pool.connect();
    expect(await ask(stores)).toEqual(all('timeout'));
    held.release();
    expect(await ask(stores)).toEqual(all('answered'));
  });

  it('say what can be done, also where the pool or the server gives no code', async () => {
    const told = async (stores: PostgresStores): Promise<string> =>
      String(await stores.replay.take('one', now() + 60, now()).catch((error: unknown) => error));
    const ended = new Pool(server.pool().options);
    await ended.end();
    expect(await told(postgresStores({ pool: ended, schema }))).toContain('(ended). The pool was ended');
    expect(await told(open({ ssl: true }))).toContain('(TLS). The database does not speak TLS');
    expect(await told(open({ database: 'none' }))).toContain('(3D000). The database does not exist');
    const pool = server.pool({ max: 1 });
    const taken = await pool.connect();
    // From now on: to connect may take a busy machine longer.
    pool.options.connectionTimeoutMillis = 50;
    expect(await told(postgresStores({ pool, schema }))).toContain('no connection of the pool was free');
    taken.release();
  });

  it('refuse to write to a database that is read-only, and to say there that somebody is not revoked', async () => {
    const time = now();
    await open().revocation.add({ issuer: ISSUER, sub: 'alice' }, time);
    const stores = open({ options: '-c default_transaction_read_only=on' });
    expect(await ask(stores)).toEqual(all('25006'));
    await expect(Promise.resolve(stores.revocation.isRevoked(identity('bob'), now()))).rejects.toThrow('PostgreSQL');
    expect(await stores.revocation.isRevoked(identity('alice', time), time)).toBe(true);
  });

  it('refuse where the disk is full', async () => {
    await onInsert(`RAISE disk_full;`);
    expect(await ask(open())).toEqual(all('53100'));
  });

  it('refuse where the schema is gone, and where it was emptied', async () => {
    const stores = open();
    await ask(stores);
    await server.query(`DELETE FROM ${schema}.store`);
    expect(await stores.replay.take('b', now() + 60, now()).catch(({ code }) => code)).toBe('empty');
    await server.query(`DROP SCHEMA ${schema} CASCADE`);
    expect(await ask(stores)).toEqual(all('42P01'));
  });

  it('survive that the database is gone: they refuse, end no process, and go on when it is back', async () => {
    const stores = open();
    const time = now();
    expect(await stores.replay.take('a', time + 60, time)).toBe('fresh');
    await stores.approvals.request(asked('kept', time + 60), time);
    await stores.revocation.add({ issuer: ISSUER, sub: 'alice' }, time);
    expect(await stores.revocation.isRevoked(identity('bob'), time)).toBe(false);
    await server.down();
    for (const code of Object.values(await ask(stores))) expect(code).not.toBe('answered');
    expect(await stores.revocation.isRevoked(identity('alice', time), time)).toBe(true);
    expect(await stores.revocation.isRevoked(identity('bob'), time)).toBe(false);
    await server.up();
    expect(await stores.replay.take('a', time + 60, time)).toBe('replayed');
    expect((await stores.approvals.find('kept', time))?.id).toBe('kept');
    // What could not be written was not forgotten.
    await until(async () => (await server.query(`SELECT FROM ${schema}.revocations`)).length === 2);
    expect(await open().revocation.isRevoked(identity('mallory', time), time)).toBe(true);
  });

  it('answer nothing about a user before the first load', async () => {
    await server.down();
    const stores = open();
    await expect(Promise.resolve(stores.revocation.isRevoked(identity('alice'), now()))).rejects.toThrow('PostgreSQL');
    await server.up();
    const answer = async () => stores.revocation.isRevoked(identity('alice'), now());
    await until(() =>
      answer().then(
        isRevoked => !isRevoked,
        () => false,
      ),
    );
  });

  it('revoke a token of an issuer whose clock is ahead everywhere, though the process that revokes has not seen it', async () => {
    const [one, other] = [open().revocation, open().revocation];
    const ahead = { ...WHO, issuedAt: now() + 20 };
    expect(await one.isRevoked(ahead, now())).toBe(false);
    await other.isRevoked({ ...WHO, sub: 'bob', issuedAt: now() }, now());
    await until(async () => (await latest()) >= ahead.issuedAt);
    await other.add({ issuer: ISSUER, sub: 'alice' }, now());
    for (const store of [one, other]) await until(async () => (await store.isRevoked(ahead, now())) === true);
    expect(await other.isRevoked({ ...WHO, issuedAt: now() + 40 }, now())).toBe(false);
  });

  it('believe a minute of a clock that is an hour ahead, so that who signs in later goes on', async () => {
    const [one, other] = [open().revocation, open().revocation];
    await one.isRevoked({ ...WHO, sub: 'bob', issuedAt: now() }, now() + 3_600);
    await until(async () => (await latest()) > now() + 30);
    await other.add({ issuer: ISSUER, sub: 'alice' }, now());
    await until(async () => (await other.isRevoked({ ...WHO, issuedAt: now() + 30 }, now())) === true);
    expect(await other.isRevoked({ ...WHO, issuedAt: now() + 90 }, now())).toBe(false);
  });

  it('refuse what may have been used before a fail-over that has lost it', async () => {
    const stores = open();
    const time = now();
    await stores.replay.take('earlier', time + 60, time);
    await server.down('SIGINT');
    server.save();
    await server.up();
    expect(await stores.replay.take('lost', time + 60, time)).toBe('fresh');
    await stores.approvals.request(asked('used', time + 60), time);
    await stores.approvals.decide('used', { approved: true, issuer: ISSUER, sub: 'carol', at: time }, time);
    await stores.revocation.add({ issuer: ISSUER, sub: 'alice' }, time);
    await server.failOver();
    expect(await server.query(`SELECT FROM ${schema}.replay`)).toHaveLength(1);
    const verdict = await until(async () => stores.replay.take('lost', time + 60, time).catch(() => undefined));
    expect(verdict).toBe('forgotten');
    expect(await stores.replay.take('lost', time + 60, time)).not.toBe('fresh');
    // What can only have been made since is fresh.
    expect(await stores.replay.take('later', now() + 65, now())).toBe('fresh');
    expect(await stores.approvals.consume('used', 'call used', time)).toBeUndefined();
    await until(async () => (await server.query(`SELECT FROM ${schema}.revocations`)).length === 1);
  });

  it('make approvals of before a fail-over void, since they may have been used', async () => {
    const stores = open();
    const time = now();
    await stores.approvals.request(asked('used', time + 60), time);
    await stores.approvals.decide('used', { approved: true, issuer: ISSUER, sub: 'carol', at: time }, time);
    await server.down('SIGINT');
    server.save();
    await server.up();
    expect((await stores.approvals.consume('used', 'call used', time))?.id).toBe('used');
    await server.failOver();
    expect(await server.query(`SELECT FROM ${schema}.approvals`)).toHaveLength(1);
    expect(
      await until(async () =>
        stores.approvals.consume('used', 'call used', time).then(
          () => 'refused',
          () => undefined,
        ),
      ),
    ).toBe('refused');
    expect(
      (
        (await stores.approvals.request(
          { ...asked('again', time + 60), binding: 'call used' },
          time,
        )) as RequestedApproval
      ).id,
    ).toBe('again');
  });

  it('write revocations back to a store that was emptied, and refuse what was used before', async () => {
    const stores = open();
    const time = now();
    await stores.revocation.add({ issuer: ISSUER, sub: 'alice' }, time);
    await stores.replay.take('a', time + 60, time);
    await server.query(`DROP SCHEMA ${schema} CASCADE`);
    await server.migrate(schema);
    expect(await stores.replay.take('a', time + 60, time)).toBe('forgotten');
    await until(async () => (await server.query(`SELECT FROM ${schema}.revocations`)).length === 1);
    expect(await open().revocation.isRevoked(identity('alice', time - 10), time)).toBe(true);
    expect(await stores.revocation.isRevoked(identity('alice', time + 30), time + 30)).toBe(false);
  });

  it.each([-60, 60])('forget nothing for a caller whose clock is apart by %i seconds', async apart => {
    const stores = open();
    const time = now();
    expect(await stores.replay.take('a', time + apart + 60, time + apart)).toBe('fresh');
    await stores.revocation.add({ issuer: ISSUER, sub: 'alice' }, time + apart);
    const [{ left }] = await server.query(
      `SELECT extract(epoch FROM kept_until - now())::float8 AS left FROM ${schema}.replay`,
    );
    expect(left).toBeGreaterThan(115);
    expect(await stores.replay.take('a', time + apart + 60, time - apart)).toBe('replayed');
    const other = open();
    expect(await other.revocation.isRevoked(identity('alice', time - 1), time)).toBe(true);
  });
});

const identity = (sub: string, issuedAt = now()) => ({
  issuer: ISSUER,
  sub,
  client_id: 'desk',
  agent: { issuer: ISSUER, id: 'agent' },
  issuedAt,
});
