import { DelegatedTokenStore, EieConfigurationError } from 'execution-identity';
import { RedisScripts, type RedisStoreOptions } from './redis-client.js';
import { SERVER_TIME } from './server-time.js';

const CAPACITY = 50_000;
/** Bytes. What is longer was not put there by this library. */
const LONGEST = 65_536;

const GET = `
if redis.call('TYPE', KEYS[1]).ok ~= 'string' or redis.call('STRLEN', KEYS[1]) > ${LONGEST} then return false end
return redis.call('GET', KEYS[1])`;

/** `order`: the keys by their end. When there are too many, those that end first are dropped. A full Redis refuses a write only if it is the first of a script. */
const SET = `${SERVER_TIME}
local lifetime = tonumber(ARGV[2])
redis.call('ZADD', KEYS[2], now + lifetime, KEYS[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('SET', KEYS[1], ARGV[1], 'EX', lifetime)
redis.call('EXPIRE', KEYS[2], math.max(lifetime, redis.call('TTL', KEYS[2])))
local over = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[3])
if over > 0 then
  for _, key in ipairs(redis.call('ZRANGE', KEYS[2], 0, over - 1)) do redis.call('UNLINK', key) end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, over - 1)
end
return 1`;

const DELETE = `
for i = 2, #KEYS do
  redis.call('UNLINK', KEYS[i])
  redis.call('ZREM', KEYS[1], KEYS[i])
end
return 1`;

export interface RedisDelegatedTokenStoreOptions extends RedisStoreOptions {
  /** Tokens that are kept at most: then those that end first are dropped. Default: 50,000, some 100 MB of Redis. */
  readonly capacity?: number;
}

/**
 * A {@link DelegatedTokenStore} in Redis. It sees no token: `nestjs-eie` seals each, with a secret that Redis does not have, and names its place by a keyed hash. Each is
 * gone after its time, five minutes at most, on the clock of Redis. While Redis is away its methods reject, and each instance asks for tokens of its own.
 */
export class RedisDelegatedTokenStore extends DelegatedTokenStore {
  readonly #scripts: RedisScripts;
  readonly #capacity: number;

  /**
   * @throws EieConfigurationError for a capacity that is no whole number above 0, for a prefix with other characters, and for a client that queues commands
   * without a bound
   */
  constructor(options: RedisDelegatedTokenStoreOptions) {
    super();
    this.#scripts = new RedisScripts(options, 'tokens');
    this.#capacity = options.capacity ?? CAPACITY;
    if (!Number.isSafeInteger(this.#capacity) || this.#capacity < 1)
      throw new EieConfigurationError('capacity of a RedisDelegatedTokenStore must be a whole number above 0.');
  }

  /** @throws RedisStoreError (as a rejection) where Redis does not answer */
  override async get(place: string): Promise<string | undefined> {
    const sealed = await this.#scripts.run(GET, [`t:${place}`], []);
    return typeof sealed === 'string' ? sealed : undefined;
  }

  /** @throws RedisStoreError (as a rejection) where Redis does not answer, or takes no write */
  override async set(place: string, sealed: string, expiresAt: number, now: number): Promise<void> {
    const lifetime = Math.ceil(expiresAt - now);
    if (lifetime > 0) await this.#scripts.run(SET, [`t:${place}`, 'order'], [sealed, lifetime, this.#capacity]);
  }

  /** @throws RedisStoreError (as a rejection) where Redis does not answer, or takes no write */
  override async delete(places: readonly string[]): Promise<void> {
    if (places.length) await this.#scripts.run(DELETE, ['order', ...places.map(place => `t:${place}`)], []);
  }
}
