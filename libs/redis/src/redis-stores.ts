import { RedisApprovalStore } from './redis-approval-store.js';
import { type RedisStoreOptions } from './redis-client.js';
import { RedisReplayStore } from './redis-replay-store.js';
import { RedisRequestStateStore } from './redis-request-state-store.js';
import { RedisRevocationStore } from './redis-revocation-store.js';

/** The stores that processes share, by the names of the ports. */
export interface RedisStores {
  readonly replay: RedisReplayStore;
  readonly revocation: RedisRevocationStore;
  readonly requestState: RedisRequestStateStore;
  readonly approvals: RedisApprovalStore;
}

/**
 * All stores in one Redis, with their defaults. The client must be connected.
 *
 * @throws EieConfigurationError for a prefix with other characters, and for a client that queues commands without a bound
 * @example EieModule.forRoot({ …, ports: { ...redisStores({ client }) } })
 */
export const redisStores = (options: RedisStoreOptions): RedisStores => ({
  replay: new RedisReplayStore(options),
  revocation: new RedisRevocationStore(options),
  requestState: new RedisRequestStateStore(options),
  approvals: new RedisApprovalStore(options),
});
