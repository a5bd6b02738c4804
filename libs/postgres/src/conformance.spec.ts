import {
  approvalStoreConformance,
  auditExporterConformance,
  delegatedTokenStoreConformance,
  replayStoreConformance,
  requestStateStoreConformance,
  revocationStoreConformance,
} from 'execution-identity/internal/conformance';
import { type Pool } from 'pg';
import { describeWithPostgres, PostgresServer } from '../test/postgres-server.js';
import { PostgresAuditExporter } from './postgres-audit-exporter.js';
import { PostgresDelegatedTokenStore } from './postgres-delegated-token-store.js';
import { PostgresStoreError } from './postgres-store-error.js';
import { postgresStores, type PostgresStores } from './postgres-stores.js';

describeWithPostgres('the stores in PostgreSQL conform', () => {
  let server: PostgresServer;
  beforeAll(async () => void (server = await PostgresServer.start()));
  afterAll(() => server?.stop());

  const create =
    <P extends keyof PostgresStores>(port: P) =>
    async (): Promise<{ one: PostgresStores[P]; other: PostgresStores[P]; close: () => Promise<void> }> => {
      const schema = await server.schema();
      const pools = [server.pool(), server.pool()] as const;
      const [one, other] = pools.map(pool => postgresStores({ pool, schema })) as [PostgresStores, PostgresStores];
      return {
        one: one[port],
        other: other[port],
        close: async () => {
          await Promise.all([one.revocation.close(), other.revocation.close()]);
        },
      };
    };
  const tokens = async () => {
    const schema = await server.schema();
    const [one, other] = [server.pool(), server.pool()].map(pool => new PostgresDelegatedTokenStore({ pool, schema }));
    return { one: one!, other: other! };
  };
  afterEach(() => server.endPools());

  it.each(replayStoreConformance(create('replay')))('replay: $name', ({ run }) => run());
  it.each(revocationStoreConformance(create('revocation')))('revocation: $name', ({ run }) => run());
  it.each(requestStateStoreConformance(create('requestState')))('request state: $name', ({ run }) => run());
  it.each(approvalStoreConformance(create('approvals')))('approvals: $name', ({ run }) => run());
  it.each(delegatedTokenStoreConformance(tokens))('delegated tokens: $name', ({ run }) => run());

  const exporter = async () => {
    const schema = await server.schema();
    const pool: Pool = server.pool();
    return {
      exporter: new PostgresAuditExporter({ pool, schema }),
      received: async () => (await server.query(`SELECT id FROM ${schema}.audit_events`)).map(({ id }) => id as string),
      interrupt: async (isDown: boolean) => {
        await server.query(
          isDown
            ? `ALTER TABLE ${schema}.audit_events RENAME TO away`
            : `ALTER TABLE ${schema}.away RENAME TO audit_events`,
        );
      },
    };
  };
  it.each(auditExporterConformance(exporter))('audit exporter: $name', ({ run }) => run());

  it('and an error of theirs says what to do, and quotes nothing', async () => {
    const { replay } = postgresStores({ pool: server.pool(), schema: 'nowhere' });
    const error = await replay.take('secret', 2_000_000_000, 1_999_999_990).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(PostgresStoreError);
    expect(String(error)).toContain('run migrate()');
    expect(JSON.stringify(error) + String((error as Error).cause)).not.toContain('secret');
  });
});
