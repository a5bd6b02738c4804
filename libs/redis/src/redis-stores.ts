import { RedisApprovalStore } from './redis-approval-store.js';
import { type RedisStoreOptions } from './redis-client.js';
import { RedisDelegatedTokenStore } from './redis-delegated-token-store.js';
import { RedisReplayStore } from './redis-replay-store.js';
import { RedisRequestStateStore } from './redis-request-state-store.js';
import { RedisRevocationStore } from './redis-revocation-store.js';

/** The stores that processes share, by the names of the ports. */
export interface RedisStores {
  readonly replay: RedisReplayStore;
  readonly revocation: RedisRevocationStore;
  readonly requestState: RedisRequestStateStore;
  readonly approvals: RedisApprovalStore;
  /** Where its secrets are given. */
  readonly delegatedTokens?: { readonly store: RedisDelegatedTokenStore; readonly secrets: string[] };
}

export interface RedisStoresOptions extends RedisStoreOptions {
  /**
   * Shares the tokens of targets too, sealed with the first of these secrets, which each process has and the store has not: at least 32 characters each, the newest
   * first. Default: each process asks for tokens of its own.
   */
  readonly delegatedTokens?: { readonly secrets: readonly string[] };
}

/**
 * All stores in one Redis, with their defaults. The client must be connected.
 *
 * @throws EieConfigurationError for a prefix with other characters, and for a client that queues commands without a bound
 * @example EieModule.forRoot({ …, ports: { ...redisStores({ client }) } })
 */
export const redisStores = ({ delegatedTokens, ...options }: RedisStoresOptions): RedisStores => ({
  replay: new RedisReplayStore(options),
  revocation: new RedisRevocationStore(options),
  requestState: new RedisRequestStateStore(options),
  approvals: new RedisApprovalStore(options),
  ...(delegatedTokens && {
    delegatedTokens: { store: new RedisDelegatedTokenStore(options), secrets: [...delegatedTokens.secrets] },
  }),
});
