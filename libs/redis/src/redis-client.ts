import { EieConfigurationError } from 'execution-identity';
import { withinDeadline } from 'execution-identity/internal';
import { RedisStoreError, storeError } from './redis-store-error.js';

/** Milliseconds: less than what the library gives to a store. */
const DEADLINE = 1_800;

/**
 * What a store needs of a client: `createClient()`, `createCluster()` and `createSentinel()` of `redis` 6 all have it. The application
 * creates, connects and closes it.
 */
export interface RedisStoreClient {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

export interface RedisStoreOptions {
  readonly client: RedisStoreClient;
  /** What keys begin with. Letters, digits, `.`, `_`, `:` and `-`. Default: `eie`. */
  readonly prefix?: string;
}

const guarded = new WeakSet<object>();
const ignore = (): void => undefined;

/** The end of a connection is an event of its client: where nobody listens, it would end the process. The client connects again by itself. */
function guardErrors(client: RedisStoreClient): void {
  const { on } = client as { on?: unknown };
  if (typeof on === 'function' && !guarded.has(client)) on.call(client, 'error', ignore);
  guarded.add(client);
}

/** Scripts of one store. All its keys have one hash tag, so each script touches one slot of a cluster. */
export class RedisScripts {
  readonly #client: RedisStoreClient;
  /** What all keys of the store begin with. */
  readonly keys: string;

  /** @throws EieConfigurationError for a prefix with other characters, for what is no client of `redis`, and for one that queues commands without a bound */
  constructor({ client, prefix = 'eie' }: RedisStoreOptions, store: string) {
    if (!/^[\w.:-]{1,64}$/.test(prefix))
      throw new EieConfigurationError(
        'The prefix of the keys in Redis must be 1 to 64 letters, digits, ".", "_", ":" or "-".',
      );
    assertClient(client);
    assertBounded(client);
    guardErrors(client);
    this.#client = client;
    this.keys = `{${prefix}:${store}}:`;
  }

  /** @throws RedisStoreError where there is no answer, or an answer that is an error */
  async run(script: string, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    try {
      const options = { keys: keys.map(key => this.keys + key), arguments: values.map(String) };
      return await withinDeadline(DEADLINE, () => this.#client.eval(script, options));
    } catch (error) {
      throw storeError(error);
    }
  }

  /** @throws RedisStoreError where the answer is not a list of texts and numbers */
  async list(script: string, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown[]> {
    const answer = await this.run(script, keys, values);
    if (!Array.isArray(answer)) throw new RedisStoreError('unreadable');
    return answer as unknown[];
  }
}

/** @throws EieConfigurationError for what has another `eval`, such as a client of `ioredis` */
function assertClient(client: unknown): void {
  const { eval: run, defineCommand } = Object(client) as { eval?: unknown; defineCommand?: unknown };
  if (typeof run !== 'function' || typeof defineCommand === 'function')
    throw new EieConfigurationError(
      'The stores in Redis need a client of the package "redis": createClient(), createCluster() or createSentinel(). A client of "ioredis" has other methods.',
    );
}

interface Queueing {
  readonly disableOfflineQueue?: unknown;
  readonly commandsQueueMaxLength?: unknown;
}

/** A client that is away must not collect commands in memory, nor run them long after their callers were refused. */
function assertBounded(client: RedisStoreClient): void {
  const { options, _options } = client as { options?: unknown; _options?: unknown };
  const own = Object(options ?? _options) as Queueing & { defaults?: Queueing; nodeClientOptions?: Queueing };
  if (options === undefined && _options === undefined) return;
  const { disableOfflineQueue, commandsQueueMaxLength } = { ...own, ...own.defaults, ...own.nodeClientOptions };
  if (disableOfflineQueue === true || typeof commandsQueueMaxLength === 'number') return;
  throw new EieConfigurationError(
    'The client of Redis queues commands without a bound while Redis is away: create it with disableOfflineQueue: true, or with commandsQueueMaxLength. For a cluster they belong into defaults.',
  );
}
