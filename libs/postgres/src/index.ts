/** nestjs-eie-postgres: the stores of execution-identity and a copy of its audit log, in PostgreSQL. */
export { type PostgresStoreOptions } from './database.js';
export { migrate } from './migrate.js';
export { PostgresApprovalStore, type PostgresApprovalStoreOptions } from './postgres-approval-store.js';
export { PostgresAuditExporter, type PostgresAuditExporterOptions } from './postgres-audit-exporter.js';
export {
  PostgresDelegatedTokenStore,
  type PostgresDelegatedTokenStoreOptions,
} from './postgres-delegated-token-store.js';
export { PostgresReplayStore, type PostgresReplayStoreOptions } from './postgres-replay-store.js';
export { PostgresRequestStateStore, type PostgresRequestStateStoreOptions } from './postgres-request-state-store.js';
export { PostgresRevocationStore, type PostgresRevocationStoreOptions } from './postgres-revocation-store.js';
export { PostgresStoreError } from './postgres-store-error.js';
export { postgresStores, type PostgresStores, type PostgresStoresOptions } from './postgres-stores.js';
