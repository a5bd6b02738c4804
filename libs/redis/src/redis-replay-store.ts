import { randomUUID } from 'node:crypto';
import { ReplayStore, type ReplayVerdict, type ShareHolder } from 'execution-identity';
import { compositeKey, digest } from 'execution-identity/internal';
import { RedisScripts, type RedisStoreOptions } from './redis-client.js';
import { RedisStoreError } from './redis-store-error.js';
import { CLOCK_SKEW, SERVER_TIME } from './server-time.js';

const PER_USER = 10_000;

/*
 * state: epoch, at (when the epoch began), seq (ids taken), horizon (what expires no later may have been taken before a loss).
 * A caller that knows more than the store has, or another epoch, has found a loss.
 */
const TAKE = `${SERVER_TIME}
local expires, seen, longest = tonumber(ARGV[1]), tonumber(ARGV[4]), tonumber(ARGV[5])
local keep = math.max(expires, now + expires - tonumber(ARGV[2])) + ${CLOCK_SKEW}
local state = redis.call('HMGET', KEYS[1], 'epoch', 'at', 'seq', 'horizon')
local epoch, at, seq, horizon = state[1], tonumber(state[2]), tonumber(state[3]), tonumber(state[4])
if not epoch then
  if redis.call('EXISTS', KEYS[1]) == 1 then return redis.error_reply('unreadable') end
  epoch, at, seq, horizon = ARGV[6], now, 0, 0
elseif not (at and seq and horizon) or #epoch > 64 then return redis.error_reply('unreadable') end
if ARGV[3] ~= '' and epoch == ARGV[3] and seq < seen then epoch, at = ARGV[6], now end
if ARGV[3] ~= '' and epoch ~= ARGV[3] then horizon = math.max(horizon, at + longest) end
redis.call('HSET', KEYS[1], 'epoch', epoch, 'at', at, 'seq', seq, 'horizon', horizon)
local function answer(verdict) return { verdict, epoch, tostring(seq), tostring(expires - now) } end
if expires + ${CLOCK_SKEW} <= now or expires <= horizon then return answer('forgotten') end
if redis.call('EXISTS', KEYS[2]) == 1 then return answer('replayed') end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[7]) then return answer('full') end
redis.call('SET', KEYS[2], '', 'NX', 'EXAT', keep)
redis.call('ZADD', KEYS[3], keep, KEYS[2])
redis.call('EXPIRE', KEYS[3], math.max(keep - now, redis.call('TTL', KEYS[3])))
seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
return answer('fresh')
`;

export interface RedisReplayStoreOptions extends RedisStoreOptions {
  /** Ids that are remembered of one user at most. Default: 10,000. */
  readonly perUser?: number;
}

/**
 * A {@link ReplayStore} in Redis. An id is remembered until two minutes after it has expired, on the clock of Redis: a caller may be two minutes behind it.
 * To a caller that is later it answers `forgotten`. While Redis is away `take` rejects.
 *
 * It notices that Redis has lost data: its epoch is gone, or fewer ids were taken than this process knows of. Then it answers `forgotten` for what may have been
 * taken before: what expires within the longest life that this process has seen. It does NOT notice a loss of which no running process knows, as when all
 * are restarted with Redis, nor lost ids of a failover once as many others were taken there.
 *
 * Each user has a bound of its own, over all clients: then it answers `full`. The total is bounded by the users, the lifetimes and `maxmemory`.
 */
export class RedisReplayStore extends ReplayStore {
  readonly #scripts: RedisScripts;
  readonly #perUser: number;
  #epoch = '';
  #seq = 0;
  /** Seconds: the longest life of an id, on the clock of Redis. */
  #longest = 0;

  /** @throws EieConfigurationError for a prefix with other characters, and for a client that queues commands without a bound */
  constructor(options: RedisReplayStoreOptions) {
    super();
    this.#scripts = new RedisScripts(options, 'replay');
    this.#perUser = options.perUser ?? PER_USER;
  }

  /** @throws RedisStoreError (as a rejection) where Redis does not answer, or not as this store does */
  override async take(id: string, expiresAt: number, now: number, holder: ShareHolder = []): Promise<ReplayVerdict> {
    if (!Number.isFinite(expiresAt) || !Number.isFinite(now)) throw new RedisStoreError('unreadable');
    const keys = ['state', `id:${digest(id)}`, `user:${digest(compositeKey(...holder.slice(0, 2)))}`];
    const values = [
      Math.ceil(expiresAt),
      Math.floor(now),
      this.#epoch,
      this.#seq,
      this.#longest,
      randomUUID(),
      this.#perUser,
    ];
    const [verdict, epoch, seq, life] = await this.#scripts.list(TAKE, keys, values);
    if (
      !isVerdict(verdict) ||
      typeof epoch !== 'string' ||
      !Number.isFinite(Number(seq)) ||
      !Number.isFinite(Number(life))
    )
      throw new RedisStoreError('unreadable');
    this.#seq = epoch === this.#epoch ? Math.max(this.#seq, Number(seq)) : Number(seq);
    this.#epoch = epoch;
    if (verdict === 'fresh') this.#longest = Math.max(this.#longest, Number(life));
    return verdict;
  }
}

const isVerdict = (value: unknown): value is ReplayVerdict =>
  value === 'fresh' || value === 'replayed' || value === 'forgotten' || value === 'full';
