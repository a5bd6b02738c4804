import { EieConfigurationError } from 'execution-identity';
import { type RedisStoreOptions } from './redis-client.js';

/** Seconds. */
const [LONGEST_TOKEN, STALE_FOR] = [86_400, 30];
const CAPACITY = 100_000;

export interface RedisRevocationStoreOptions extends RedisStoreOptions {
  /** Seconds: the longest `maxLifetime` of an issuer. Default: a day. A revocation is kept twice as long. */
  readonly longestToken?: number;
  /** Seconds without Redis after which `isRevoked` rejects. Default: 30. */
  readonly staleFor?: number;
  /** Revocations that are kept at most; then something wider is kept in place of several. Default: 100,000. */
  readonly capacity?: number;
}

/** In seconds, but for `staleFor`: milliseconds. @throws EieConfigurationError for a number that is not positive */
export function revocationBounds(options: RedisRevocationStoreOptions): {
  readonly capacity: number;
  readonly kept: number;
  readonly staleFor: number;
} {
  const { capacity = CAPACITY, longestToken = LONGEST_TOKEN, staleFor = STALE_FOR } = options;
  for (const [name, value] of Object.entries({ capacity, longestToken, staleFor }))
    if (!(Number.isFinite(value) && value > 0))
      throw new EieConfigurationError(`${name} of a RedisRevocationStore must be a number above 0.`);
  return { capacity, kept: Math.ceil(2 * longestToken), staleFor: staleFor * 1_000 };
}
