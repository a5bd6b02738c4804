const REMEDIES: Readonly<Record<string, string>> = {
  CLUSTERDOWN: 'The cluster does not serve all slots.',
  LOADING: 'Redis is loading its data.',
  MASTERDOWN: 'The primary is away.',
  MISCONF: 'Redis cannot write to its disk.',
  NOAUTH: 'Redis asks for a password.',
  NOPERM:
    'The user of Redis lacks a right: it needs EVAL and what the scripts call, on the keys and the channel of the prefix.',
  NOREPLICAS: 'Redis has fewer replicas than min-replicas-to-write.',
  OOM: 'Redis is full: raise maxmemory. Its maxmemory-policy must be noeviction.',
  READONLY: 'This is a replica: connect to the primary.',
  WRONGPASS: 'The password is wrong.',
  WRONGTYPE: 'A key of this store has another type: delete it.',
  closed: 'The client is closed: connect() it before the application starts, and close it after app.close().',
  full: 'Too many commands wait for Redis: see commandsQueueMaxLength of the client.',
  offline: 'The client has no connection to Redis: see what its "error" event says.',
  stale: 'Revocations were not heard of for too long.',
  timeout: 'There was no answer in time.',
  unreadable:
    'A value of this store cannot be read: delete the keys of the store. Running processes write back what they know was revoked.',
};

/** What clients and servers say without a code. */
const TOLD: readonly (readonly [RegExp, string])[] = [
  [/^The client is closed$/, 'closed'],
  [/^The client is offline$/, 'offline'],
  [/^The queue is full$/, 'full'],
  [/^(?:ERR )?The user executing the script can't /, 'NOPERM'],
];

/**
 * A store in Redis that cannot answer. Callers refuse. It has a code and a fixed text: NEVER a key, a value or a message of the server, which may
 * quote them.
 */
export class RedisStoreError extends Error {
  override readonly name = 'RedisStoreError';

  /** What the operator can do, as far as it is known: a fixed text. */
  readonly remedy: string | undefined;

  /**
   * @param code the first word of the error of Redis (`READONLY`, `OOM`), the code of the connection (`ECONNREFUSED`), or one of `closed`, `offline`, `full`, `stale`,
   * `timeout`, `unreadable`, `unavailable`
   * @param cause why it is `stale`
   */
  constructor(
    readonly code: string,
    cause?: RedisStoreError,
  ) {
    const remedy = remedyOf(code, cause);
    super(`Redis does not answer as it should (${code}). ${remedy ?? ''}`.trim());
    this.remedy = remedy;
  }
}

function remedyOf(code: string, cause?: RedisStoreError): string | undefined {
  const own = Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined;
  return cause ? `${own} The last look: ${cause.code}. ${cause.remedy ?? ''}`.trim() : own;
}

/** The same without what it may quote. */
export function storeError(error: unknown): RedisStoreError {
  if (error instanceof RedisStoreError) return error;
  const { code, name, message } = Object(error) as { code?: unknown; name?: unknown; message?: unknown };
  if (name === 'TimeoutError') return new RedisStoreError('timeout');
  if (typeof code === 'string' && /^E[A-Z]{2,30}$/.test(code)) return new RedisStoreError(code);
  const told = TOLD.find(([said]) => typeof message === 'string' && said.test(message));
  if (told) return new RedisStoreError(told[1]);
  const word = typeof message === 'string' ? (/(?:^|ERR )([A-Za-z]+)\b/.exec(message)?.[1] ?? '') : '';
  return new RedisStoreError(Object.hasOwn(REMEDIES, word) ? word : 'unavailable');
}
