import { readFileSync } from 'node:fs';
import { type RevokedIdentity } from 'execution-identity';
import { type Pool } from 'pg';
import { describeWithPostgres, PostgresServer } from '../test/postgres-server.js';
import { until } from '../test/until.js';
import { migrate } from './migrate.js';
import { PostgresApprovalStore } from './postgres-approval-store.js';
import { PostgresAuditExporter } from './postgres-audit-exporter.js';
import { PostgresDelegatedTokenStore } from './postgres-delegated-token-store.js';
import { PostgresReplayStore } from './postgres-replay-store.js';
import { PostgresRequestStateStore } from './postgres-request-state-store.js';
import { PostgresRevocationStore } from './postgres-revocation-store.js';

const ISSUER = 'https://as.test';
const now = (): number => Math.floor(Date.now() / 1_000);
const identity = (sub: string, issuedAt: number) => ({
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
  let revocations: PostgresRevocationStore[] = [];
  beforeAll(async () => void (server = await PostgresServer.start()));
  beforeEach(async () => {
    schema = await server.schema();
    pool = server.pool();
  });
  afterEach(async () => {
    await Promise.all(revocations.map(one => one.close()));
    revocations = [];
    await server.endPools();
  });
  afterAll(() => server?.stop());

  const revocationStore = (options = {}): PostgresRevocationStore => {
    const store = new PostgresRevocationStore({ pool, schema, ...options });
    revocations.push(store);
    return store;
  };

  it('coarsen a storm of 20,000 purges, ten times what they keep: each comes to count everywhere, and the table stays small', async () => {
    const [one, other] = [revocationStore({ capacity: 2_000 }), revocationStore({ capacity: 2_000 })];
    const time = now();
    expect(await other.isRevoked(identity('user 0', time), time)).toBe(false);
    const storm = Array.from({ length: 20_000 }, (_, i) =>
      one.add({ issuer: ISSUER, sub: `user ${i >> 1}`, sid: `${i}` }, time),
    );
    // On a machine that is busy some are too late: they are refused, count here and are written later.
    await Promise.allSettled(storm);
    const [{ count }] = await server.query(`SELECT count(*)::int FROM ${schema}.revocations`);
    expect(count).toBeLessThanOrEqual(2_000);
    for (let i = 0; i < 20_000; i += 1_993) {
      const session = { ...identity(`user ${i >> 1}`, time - 1), sid: `${i}` };
      expect(await one.isRevoked(session, time)).toBe(true);
      await until(async () => other.isRevoked(session, time));
    }
    expect(await other.isRevoked({ ...identity('x', time - 1), issuer: 'https://other.test' }, time)).toBe(false);
  });

  it('coarsen within the issuer that fills them: a user of another issuer keeps the other sessions', async () => {
    const time = now();
    const bob = { ...identity('bob', time - 1), issuer: 'https://other.test' };
    const one = revocationStore({ capacity: 100 });
    for (const sid of ['a', 'b', 'c']) await one.add({ issuer: bob.issuer, sub: 'bob', sid }, time);
    await Promise.all(Array.from({ length: 300 }, (_, i) => one.add({ issuer: ISSUER, sub: `user ${i}` }, time)));
    const other = revocationStore({ capacity: 100 });
    expect(await other.isRevoked(identity('user 299', time - 1), time)).toBe(true);
    expect(await other.isRevoked({ ...bob, sid: 'c' }, time)).toBe(true);
    expect(await other.isRevoked({ ...bob, sid: 'd' }, time)).toBe(false);
  });

  it('coarsen within the issuer that has the most, where the one that adds has nothing to put together', async () => {
    const time = now();
    const one = revocationStore({ capacity: 100 });
    await Promise.all(Array.from({ length: 100 }, (_, i) => one.add({ issuer: ISSUER, sub: `user ${i}` }, time)));
    await one.add({ issuer: 'https://other.test', sub: 'bob' }, time);
    const other = revocationStore({ capacity: 100 });
    expect(await other.isRevoked({ ...identity('bob', time - 1), issuer: 'https://other.test' }, time)).toBe(true);
    expect(await other.isRevoked({ ...identity('eve', time - 1), issuer: 'https://other.test' }, time)).toBe(false);
    expect(await other.isRevoked(identity('user 7', time - 1), time)).toBe(true);
    const [{ count }] = await server.query(`SELECT count(*)::int FROM ${schema}.revocations`);
    expect(count).toBeLessThanOrEqual(100);
  });

  it('take a forged, garbled or repeated message for a hint to look, and for nothing more', async () => {
    const store = revocationStore();
    const heard: RevokedIdentity[] = [];
    await store.subscribe(revoked => void heard.push(revoked));
    for (let i = 0; i < 500; i++)
      await pool.query('SELECT pg_notify($1, $2)', [
        `${schema}_revocations`,
        '{"issuer":"https://as.test","sub":"bob"}',
      ]);
    expect(await store.isRevoked(identity('bob', now()), now())).toBe(false);
    expect(heard).toEqual([]);
    await store.add({ issuer: ISSUER, sub: 'alice' }, now());
    for (let i = 0; i < 5; i++) await pool.query('SELECT pg_notify($1, $2)', [`${schema}_revocations`, '']);
    expect(heard).toEqual([{ issuer: ISSUER, sub: 'alice' }]);
  });

  it('hear of a revocation within a second without any message', async () => {
    const store = revocationStore();
    const time = now();
    expect(await store.isRevoked(identity('alice', time), time)).toBe(false);
    await pool.query(
      `INSERT INTO ${schema}.revocations VALUES ('k', '', null, $1, $2, nextval('${schema}.revocations_seq'), now() + interval '1 day')`,
      [JSON.stringify({ issuer: ISSUER, sub: 'alice' }), time],
    );
    await until(async () => store.isRevoked(identity('alice', time), time));
  });

  it('skip no revocation whose number is lower and that commits later', async () => {
    const [one, other] = [revocationStore(), revocationStore()];
    const time = now();
    expect(await other.isRevoked(identity('user 0', time), time)).toBe(false);
    const adders = [one, other, revocationStore(), revocationStore()];
    await Promise.all(
      Array.from({ length: 400 }, (_, i) => adders[i % 4]!.add({ issuer: ISSUER, sub: `user ${i}` }, time)),
    );
    for (const store of adders)
      for (let i = 0; i < 400; i++) await until(async () => store.isRevoked(identity(`user ${i}`, time), time));
  });

  it.each(['no JSON', '{}', '7', 'null', '{"issuer":"https://as.test","sub":7}', '{"issuer":"x","agent":{}}'])(
    'refuse to say that anybody is not revoked while a row of the revocations cannot be read: %s',
    async poison => {
      const store = revocationStore();
      const time = now();
      expect(await store.isRevoked(identity('alice', time), time)).toBe(false);
      await pool.query(
        `INSERT INTO ${schema}.revocations VALUES ('poison', '', null, $1, 1, nextval('${schema}.revocations_seq'), now() + interval '1 day')`,
        [poison],
      );
      const answer = async () => store.isRevoked(identity('alice', time), time);
      await until(() =>
        answer().then(
          () => false,
          error => String(error).includes('cannot be read'),
        ),
      );
      await pool.query(`DELETE FROM ${schema}.revocations`);
      await until(() =>
        answer().then(
          isRevoked => !isRevoked,
          () => false,
        ),
      );
    },
  );

  it('refuse after staleFor without the database, and not before', async () => {
    const store = revocationStore({ staleFor: 1 });
    const time = now();
    await store.add({ issuer: ISSUER, sub: 'alice' }, time);
    expect(await store.isRevoked(identity('bob', time), time)).toBe(false);
    await server.down();
    expect(await store.isRevoked(identity('bob', time), time)).toBe(false);
    await pause(1_500);
    await expect(Promise.resolve(store.isRevoked(identity('bob', time), time))).rejects.toThrow('stale');
    expect(await store.isRevoked(identity('alice', time), time)).toBe(true);
    await server.up();
    await until(async () =>
      Promise.resolve(store.isRevoked(identity('bob', time), time)).then(
        is => !is,
        () => false,
      ),
    );
  });

  it('take no more of a user than the share of that user, through however many clients, and leave others room', async () => {
    const replay = new PostgresReplayStore({ pool, schema, perUser: 3 });
    const approvals = new PostgresApprovalStore({ pool, schema, perUser: 3 });
    const time = now();
    const verdicts = [];
    for (let i = 0; i < 4; i++)
      verdicts.push(await replay.take(`${i}`, time + 60, time, ['acme', 'alice', `client ${i}`]));
    expect(verdicts).toEqual(['fresh', 'fresh', 'fresh', 'full']);
    expect(await replay.take('0', time + 60, time, ['acme', 'alice', 'client'])).toBe('replayed');
    expect(await replay.take('b', time + 60, time, ['acme', 'bob', 'client'])).toBe('fresh');
    const ask = (id: string, sub: string) =>
      approvals.request(
        {
          ...{ id, binding: `call ${id}`, by: 'another', server: 'mcp', handler: 'refund', reason: '', shown: [] },
          requester: { issuer: ISSUER, sub, client_id: 'desk', agents: [] },
          ...{ requestedAt: time, expiresAt: time + 60 },
        },
        time,
        ['acme', sub, id],
      );
    for (let i = 0; i < 3; i++) expect(await ask(`${i}`, 'alice')).toMatchObject({ id: `${i}` });
    expect(await ask('3', 'alice')).toBe('full');
    expect(await ask('0', 'alice')).toMatchObject({ id: '0' });
    expect(await ask('4', 'bob')).toMatchObject({ id: '4' });
  });

  it('delete what has expired as they go', async () => {
    const replay = new PostgresReplayStore({ pool, schema });
    await pool.query(
      `INSERT INTO ${schema}.replay SELECT 'old' || i, 'h', now() - interval '1 second' FROM generate_series(1, 1200) AS i`,
    );
    await until(async () => {
      await replay.take(`${Math.random()}`, now() + 60, now());
      return (await pool.query(`SELECT FROM ${schema}.replay WHERE holder = 'h'`)).rowCount === 0;
    });
  });

  it('take no request state beyond the capacity of their table', async () => {
    const store = new PostgresRequestStateStore({ pool, schema, capacity: 100_000 });
    const put = () => store.put('x'.repeat(1_000), 'alice', now() + 60, now());
    await expect(
      (async () => {
        for (let i = 0; i < 1_000; i++) await put();
      })(),
    ).rejects.toThrow('full');
  });

  it('show whoever reads the database neither a state nor its owner nor a handle', async () => {
    const store = new PostgresRequestStateStore({ pool, schema });
    const handle = await store.put({ card: 'planted-4711' }, 'alice@planted', now() + 60, now());
    await pool.query(`INSERT INTO ${schema}.replay VALUES ('planted-control', '', now())`);
    const dump = JSON.stringify([
      await server.query(`SELECT *, encode(sealed, 'escape') AS text FROM ${schema}.request_states`),
      await server.query(`SELECT * FROM ${schema}.replay`),
    ]);
    expect(dump).toContain('planted-control');
    for (const secret of ['4711', 'alice', handle]) expect(dump).not.toContain(secret);
    await pool.query(`UPDATE ${schema}.request_states SET sealed = sealed || '\\x00'`);
    expect(await store.get(handle, 'alice@planted', now())).toBeUndefined();
  });

  it('can be migrated by several processes at once and any number of times, and keep what they hold', async () => {
    const name = `${schema}_b`;
    await Promise.all(Array.from({ length: 5 }, () => migrate(pool, { schema: name })));
    const replay = new PostgresReplayStore({ pool, schema: name });
    expect(await replay.take('a', now() + 60, now())).toBe('fresh');
    await migrate(pool, { schema: name });
    expect(await replay.take('a', now() + 60, now())).toBe('replayed');
  });

  it.each(['', 'a b', 'a"; DROP TABLE x; --', 'Eie', 'x'.repeat(49), '1a'])('take no schema of the name %j', name => {
    expect(() => new PostgresReplayStore({ pool, schema: name })).toThrow('"schema" must be a name');
    return expect(migrate(pool, { schema: name })).rejects.toThrow('"schema" must be a name');
  });

  it('need no more rights than the README grants', async () => {
    const role = `app_${schema}`;
    await pool.query(`CREATE ROLE ${role} LOGIN`);
    for (const grant of grants)
      await pool.query(
        grant
          .replaceAll('eie.', `${schema}.`)
          .replaceAll('SCHEMA eie', `SCHEMA ${schema}`)
          .replace(/ TO app$/, ` TO ${role}`),
      );
    const own = server.pool({ user: role });
    const time = now();
    const revocation = new PostgresRevocationStore({ pool: own, schema });
    revocations.push(revocation);
    await revocation.add({ issuer: ISSUER, sub: 'alice' }, time);
    await until(async () => revocation.isRevoked(identity('alice', time), time));
    expect(await new PostgresReplayStore({ pool: own, schema }).take('a', time + 60, time)).toBe('fresh');
    const states = new PostgresRequestStateStore({ pool: own, schema });
    expect(await states.get(await states.put('x', 'alice', time + 60, time), 'alice', time)).toBe('x');
    const approvals = new PostgresApprovalStore({ pool: own, schema });
    expect(await approvals.consume('a', 'b', time)).toBeUndefined();
    expect(await approvals.decide('a', { approved: true, issuer: ISSUER, sub: 'carol', at: time }, time)).toBe(false);
    const tokens = new PostgresDelegatedTokenStore({ pool: own, schema });
    await tokens.set('place', '1.sealed', time + 60, time);
    expect(await tokens.get('place')).toBe('1.sealed');
    await tokens.delete(['place']);
    const record = { seq: 1, id: 'r', time: '2026-11-30T23:59:59.999Z', type: 'log.closed', v: 1, log: 'l\0' } as const;
    await new PostgresAuditExporter({ pool: own, schema }).export(
      [record, { ...record, seq: 2, id: 's', time: '2026-12-01T00:00:00.000Z', actor_sub: 'a\0\ud800' } as any],
      AbortSignal.timeout(10_000),
    );
    await expect(own.query(`DELETE FROM ${schema}.audit_events`)).rejects.toThrow('permission denied');
    await expect(own.query(`CREATE TABLE ${schema}.mine ()`)).rejects.toThrow('permission denied');
    const kept = await pool.query(
      `SELECT tableoid::regclass::text AS part, actor_sub FROM ${schema}.audit_events ORDER BY seq`,
    );
    expect(kept.rows).toEqual([
      { part: `${schema}.audit_events_2026_11`, actor_sub: null },
      { part: `${schema}.audit_events_2026_12`, actor_sub: 'a\ufffd\ufffd' },
    ]);
  });
});

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const grants = /<!-- grants -->\n```sql\n([^`]+)```/.exec(readme)![1]!.split(/;\n/).filter(Boolean);

const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));
