/** nestjs-eie-redis: what processes share, in Redis. */
export { RedisApprovalStore, type RedisApprovalStoreOptions } from './redis-approval-store.js';
export { type RedisStoreClient, type RedisStoreOptions } from './redis-client.js';
export { RedisDelegatedTokenStore, type RedisDelegatedTokenStoreOptions } from './redis-delegated-token-store.js';
export { RedisReplayStore, type RedisReplayStoreOptions } from './redis-replay-store.js';
export { RedisRequestStateStore } from './redis-request-state-store.js';
export { RedisRevocationStore } from './redis-revocation-store.js';
export { RedisStoreError } from './redis-store-error.js';
export { type RedisRevocationStoreOptions } from './revocation-bounds.js';
export { type RedisStores, redisStores, type RedisStoresOptions } from './redis-stores.js';
