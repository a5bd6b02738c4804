import { type PostgresStoreOptions } from './database.js';
import { PostgresApprovalStore } from './postgres-approval-store.js';
import { PostgresReplayStore } from './postgres-replay-store.js';
import { PostgresRequestStateStore } from './postgres-request-state-store.js';
import { PostgresRevocationStore } from './postgres-revocation-store.js';

/** The stores that processes share, by the names of the ports. */
export interface PostgresStores {
  readonly replay: PostgresReplayStore;
  readonly revocation: PostgresRevocationStore;
  readonly requestState: PostgresRequestStateStore;
  readonly approvals: PostgresApprovalStore;
}

/**
 * All stores in one database, with their defaults. The tables must be there: {@link migrate}.
 *
 * @throws EieConfigurationError for a name of a schema that is none
 * @example EieModule.forRoot({ …, ports: { ...postgresStores({ pool }) } })
 */
export const postgresStores = (options: PostgresStoreOptions): PostgresStores => ({
  replay: new PostgresReplayStore(options),
  revocation: new PostgresRevocationStore(options),
  requestState: new PostgresRequestStateStore(options),
  approvals: new PostgresApprovalStore(options),
});
