import { execFileSync } from 'node:child_process';
import { type AuditRecord, type RevokedIdentity } from 'execution-identity';
import { type Pool } from 'pg';
import { describeWithPostgres, PostgresServer } from '../test/postgres-server.js';
import { until } from '../test/until.js';
import { PostgresAuditExporter } from './postgres-audit-exporter.js';
import { PostgresRevocationStore } from './postgres-revocation-store.js';
import { postgresStores } from './postgres-stores.js';

const ISSUER = 'https://as.test';
const now = (): number => Math.floor(Date.now() / 1_000);
const identity = (sub: string, issuedAt = now() - 10) => ({
  issuer: ISSUER,
  sub,
  client_id: 'desk',
  agent: { issuer: ISSUER, id: 'agent' },
  issuedAt,
});

describeWithPostgres('the stores in PostgreSQL', () => {
  let server: PostgresServer;
  let schema: string;
  let pool: Pool;
  let opened: PostgresRevocationStore[] = [];
  beforeAll(async () => void (server = await PostgresServer.start()));
  beforeEach(async () => {
    await server.up();
    schema = await server.schema();
    pool = server.pool();
  });
  afterEach(async () => {
    await Promise.all(opened.map(one => one.close()));
    opened = [];
    await server.endPools();
  });
  afterAll(() => server?.stop());

  const open = (options = {}): PostgresRevocationStore => {
    const store = new PostgresRevocationStore({ pool, schema, ...options });
    opened.push(store);
    return store;
  };
  const asked = async (store: PostgresRevocationStore, sub: string): Promise<unknown> => {
    try {
      return await store.isRevoked(identity(sub), now());
    } catch ({ code }: any) {
      return code;
    }
  };

  it('know a store that was restored from a dump for another one: nothing is used twice', async () => {
    const stores = postgresStores({ pool, schema });
    opened.push(stores.revocation);
    const time = now();
    await stores.replay.take('first', time + 60, time);
    await stores.approvals.request(
      {
        ...{ id: 'used', binding: 'call', by: 'another', server: 'mcp', handler: 'refund', reason: '', shown: [] },
        requester: { issuer: ISSUER, sub: 'alice', client_id: 'desk', agents: [] },
        ...{ requestedAt: time, expiresAt: time + 60 },
      },
      time,
    );
    await stores.approvals.decide('used', { approved: true, issuer: ISSUER, sub: 'carol', at: time }, time);
    const address = ['-h', '127.0.0.1', '-p', String(server.port), '-U', 'postgres'];
    const dump = execFileSync(`${server.bin}/pg_dump`, [...address, '-n', schema, 'postgres'], { encoding: 'utf8' });
    expect(await stores.replay.take('proof', time + 60, time)).toBe('fresh');
    expect((await stores.approvals.consume('used', 'call', time))?.id).toBe('used');
    await server.query(`DROP SCHEMA ${schema} CASCADE`);
    execFileSync(`${server.bin}/psql`, [...address, '-q', '-v', 'ON_ERROR_STOP=1', 'postgres'], {
      input: dump,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    expect(await stores.replay.take('proof', time + 60, time)).toBe('forgotten');
    expect(await stores.approvals.consume('used', 'call', time)).toBeUndefined();
  });

  it('refuse after staleFor where the database is read-only, and what is revoked stays revoked', async () => {
    await open().add({ issuer: ISSUER, sub: 'alice' }, now());
    const store = open({ staleFor: 1, pool: server.pool({ options: '-c default_transaction_read_only=on' }) });
    expect(await asked(store, 'bob')).toBe('25006');
    expect(await asked(store, 'bob')).toBe('stale');
    expect(await asked(store, 'alice')).toBe(true);
    expect(store.health).toBe('down');
  });

  it('are degraded while a revocation that is known here is not written', async () => {
    const store = open();
    expect(await asked(store, 'bob')).toBe(false);
    await server.query(
      `CREATE FUNCTION ${schema}.fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE disk_full; END $$;
       CREATE TRIGGER fault BEFORE INSERT ON ${schema}.revocations EXECUTE FUNCTION ${schema}.fault()`,
    );
    await expect(store.add({ issuer: ISSUER, sub: 'alice' }, now())).rejects.toThrow('53100');
    expect(store.health).toBe('degraded');
    await server.query(`DROP TRIGGER fault ON ${schema}.revocations`);
    await until(() => store.health === 'up');
    expect(await server.query(`SELECT FROM ${schema}.revocations`)).toHaveLength(1);
  });

  it('tell every listener and lose no revocation where a listener throws', async () => {
    const [one, other] = [open(), open()];
    const heard: RevokedIdentity[] = [];
    for (const store of [one, other]) {
      await store.subscribe(() => {
        throw new Error('a fault of the application');
      });
      await store.subscribe(revoked => void heard.push(revoked));
    }
    await one.add({ issuer: ISSUER, sub: 'alice' }, now());
    await until(() => heard.length === 2);
    expect(await asked(one, 'alice')).toBe(true);
    expect(await asked(other, 'alice')).toBe(true);
  });

  it('write back what this process has written last and the store has lost, before or after it was looked at', async () => {
    const store = open();
    expect(await asked(store, 'bob')).toBe(false);
    // Deleted in the transaction that announces it, before any look; what is written back stays, however soon it comes.
    await server.query(
      `CREATE SEQUENCE ${schema}.written;
       CREATE FUNCTION ${schema}.lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF nextval('${schema}.written') = 1 THEN DELETE FROM ${schema}.revocations; END IF; RETURN NULL; END $$;
       CREATE TRIGGER lose AFTER INSERT ON ${schema}.revocations EXECUTE FUNCTION ${schema}.lose()`,
    );
    await store.add({ issuer: ISSUER, sub: 'alice' }, now());
    await until(async () => (await server.query(`SELECT FROM ${schema}.revocations`)).length === 1);
  });

  it('skip no revocation with a number that is given again by a server on older files', async () => {
    const store = open();
    await store.add({ issuer: ISSUER, sub: 'alice' }, now());
    await until(() => store.health === 'up');
    // As when another process takes the same number before this one is connected again.
    await server.query(`UPDATE ${schema}.revocations SET key = 'other', revoked = $1`, [
      JSON.stringify({ issuer: ISSUER, sub: 'mallory' }),
    ]);
    await server.down('SIGINT');
    await server.up();
    await until(async () => (await asked(store, 'mallory')) === true);
    await until(
      async () => (await server.query(`SELECT FROM ${schema}.revocations WHERE revoked LIKE '%alice%'`)).length === 1,
    );
  });

  const record = (id: string, more = {}): AuditRecord =>
    ({ id, seq: 1, time: '2026-11-30T23:59:59.999Z', type: 'handler.executed', v: 1, log: 'l', ...more }) as never;
  // No two alike, so that nothing of it can be compressed.
  const long = Array.from({ length: 6_000 }, (_, i) => String.fromCharCode(0x4e00 + ((i * 7_919) % 20_000))).join('');

  it('export a record with a subject, agent, tool and trace too long for an index, whole', async () => {
    const fields = { actor_sub: long, agent_id: long, handler: long, trace_id: long, envelope_id: long };
    await new PostgresAuditExporter({ pool, schema }).export([record('a', fields)], AbortSignal.timeout(20_000));
    const [row] = await server.query(`SELECT actor_sub, record FROM ${schema}.audit_events`);
    expect(row.actor_sub).toBe(long.slice(0, 512));
    expect(row.record.actor_sub).toBe(long);
  });

  it('let no record that the database refuses keep others back', async () => {
    await server.query(`ALTER TABLE ${schema}.audit_events ALTER COLUMN target TYPE varchar(3)`);
    await new PostgresAuditExporter({ pool, schema }).export(
      [record('a'), record('b', { target: 'too long é', handler: 'pay' }), record('c', { handler: 'pay' })],
      AbortSignal.timeout(20_000),
    );
    const rows = await server.query(`SELECT id, handler, record FROM ${schema}.audit_events ORDER BY id`);
    expect(rows.map(({ id, handler }) => [id, handler])).toEqual([
      ['a', null],
      ['b', null],
      ['c', 'pay'],
    ]);
    expect(rows[1].record.target).toBe('too long é');
  });

  it('end an export with its signal while no connection is free, and give back the one that comes late', async () => {
    const small = server.pool({ max: 1 });
    const held = await small.connect();
    const exporter = new PostgresAuditExporter({ pool: small, schema });
    await expect(exporter.export([record('a')], AbortSignal.timeout(100))).rejects.toThrow('timeout');
    held.release();
    await exporter.export([record('b')], AbortSignal.timeout(20_000));
    expect(await server.query(`SELECT id FROM ${schema}.audit_events`)).toEqual([{ id: 'b' }]);
  });
});
