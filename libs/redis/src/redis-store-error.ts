const REMEDIES: Readonly<Record<string, string>> = {
  CLUSTERDOWN: 'The cluster does not serve all slots.',
  LOADING: 'Redis is loading its data.',
  MASTERDOWN: 'The primary is away.',
  MISCONF: 'Redis cannot write to its disk.',
  NOAUTH: 'Redis asks for a password.',
  NOPERM: 'The user of Redis lacks a right: it needs EVAL and what the scripts call, on the keys of the prefix.',
  NOREPLICAS: 'Redis has fewer replicas than min-replicas-to-write.',
  OOM: 'Redis is full: raise maxmemory. Its maxmemory-policy must be noeviction.',
  READONLY: 'This is a replica: connect to the primary.',
  WRONGPASS: 'The password is wrong.',
  WRONGTYPE: 'A key of this store has another type: delete it.',
  stale: 'Revocations were not heard of for too long.',
  timeout: 'There was no answer in time.',
  unreadable:
    'A value of this store cannot be read: delete the keys of the store. Running processes write back what they know was revoked.',
};

/**
 * A store in Redis that cannot answer. Callers refuse. It has a code and a fixed text: NEVER a key, a value or a message of the server, which may
 * quote them.
 */
export class RedisStoreError extends Error {
  override readonly name = 'RedisStoreError';

  /** @param code the first word of the error of Redis (`READONLY`, `OOM`), the code of the connection (`ECONNREFUSED`), or one of `stale`, `timeout`, `unreadable`, `unavailable` */
  constructor(readonly code: string) {
    super(`Redis does not answer as it should (${code}). ${REMEDIES[code] ?? ''}`.trim());
  }
}

/** The same without what it may quote. */
export function storeError(error: unknown): RedisStoreError {
  if (error instanceof RedisStoreError) return error;
  const { code, name, message } = Object(error) as { code?: unknown; name?: unknown; message?: unknown };
  if (name === 'TimeoutError') return new RedisStoreError('timeout');
  if (typeof code === 'string' && /^E[A-Z]{2,30}$/.test(code)) return new RedisStoreError(code);
  const word = typeof message === 'string' ? (/(?:^|ERR )([A-Za-z]+)\b/.exec(message)?.[1] ?? '') : '';
  return new RedisStoreError(Object.hasOwn(REMEDIES, word) ? word : 'unavailable');
}
