import { type PostgresStoreOptions } from './database.js';
import { PostgresApprovalStore } from './postgres-approval-store.js';
import { PostgresDelegatedTokenStore } from './postgres-delegated-token-store.js';
import { PostgresReplayStore } from './postgres-replay-store.js';
import { PostgresRequestStateStore } from './postgres-request-state-store.js';
import { PostgresRevocationStore } from './postgres-revocation-store.js';

/** The stores that processes share, by the names of the ports. */
export interface PostgresStores {
  readonly replay: PostgresReplayStore;
  readonly revocation: PostgresRevocationStore;
  readonly requestState: PostgresRequestStateStore;
  readonly approvals: PostgresApprovalStore;
  /** Where its secrets are given. */
  readonly delegatedTokens?: { readonly store: PostgresDelegatedTokenStore; readonly secrets: string[] };
}

export interface PostgresStoresOptions extends PostgresStoreOptions {
  /**
   * Shares the tokens of targets too, sealed with the first of these secrets, which each process has and the store has not: at least 32 characters each, the newest
   * first. Default: each process asks for tokens of its own.
   */
  readonly delegatedTokens?: { readonly secrets: readonly string[] };
}

/**
 * All stores in one database, with their defaults. The tables must be there: {@link migrate}.
 *
 * @throws EieConfigurationError for a name of a schema that is none
 * @example EieModule.forRoot({ …, ports: { ...postgresStores({ pool }) } })
 */
export const postgresStores = ({ delegatedTokens, ...options }: PostgresStoresOptions): PostgresStores => ({
  replay: new PostgresReplayStore(options),
  revocation: new PostgresRevocationStore(options),
  requestState: new PostgresRequestStateStore(options),
  approvals: new PostgresApprovalStore(options),
  ...(delegatedTokens && {
    delegatedTokens: { store: new PostgresDelegatedTokenStore(options), secrets: [...delegatedTokens.secrets] },
  }),
});
