import { type EventEmitter } from 'node:events';
import { createPostgresBackend, Queue, Worker } from 'bullmq';
import { createClient } from 'redis';
import { installed } from '../support/installed.js';
import { startPostgres } from '../support/postgres-server.js';
import { startRedis } from '../support/redis-server.js';

/** Where BullMQ keeps its jobs: a server that was started for this. */
export interface QueueServer {
  queue(name: string): Queue;
  worker(name: string, processor: (job: never) => Promise<unknown>, concurrency: number): Worker;
  /** Stops the queues, the workers and the server. */
  stop(): Promise<void>;
}

export interface QueueStore {
  readonly name: 'redis' | 'postgres';
  /** What to install; `undefined` where it is here. */
  readonly missing: string | undefined;
  start(): Promise<QueueServer>;
}

interface Closable {
  close(): Promise<unknown>;
}

/** What was opened at a server, to be closed before it: the last first. */
class Opened {
  readonly #all: Closable[] = [];

  add<One extends Closable>(one: One): One {
    (one as unknown as EventEmitter).on('error', () => undefined);
    this.#all.unshift(one);
    return one;
  }

  async close(server: Closable): Promise<void> {
    for (const one of this.#all) await one.close().catch(() => undefined);
    await server.close();
  }
}

async function redisQueues(): Promise<QueueServer> {
  const server = await startRedis();
  const opened = new Opened();
  const client = () => {
    const made = createClient({ url: server.url });
    opened.add(Object.assign(made, { close: async () => made.destroy() }));
    return made;
  };
  return {
    queue: name => opened.add(new Queue(name, { connection: client() })),
    worker: (name, processor, concurrency) =>
      opened.add(new Worker(name, processor as never, { connection: client(), concurrency })),
    stop: () => opened.close(server),
  };
}

async function postgresQueues(): Promise<QueueServer> {
  const server = await startPostgres();
  const opened = new Opened();
  const { hostname: host, port } = new URL(server.url);
  const connection = { host, port: Number(port), user: 'postgres', database: 'postgres', migrate: true };
  return {
    queue: name => opened.add(new Queue(name, { connection }, createPostgresBackend)) as never,
    worker: (name, processor, concurrency) =>
      opened.add(new Worker(name, processor as never, { connection, concurrency }, createPostgresBackend)) as never,
    stop: () => opened.close(server),
  };
}

const storeOf = (
  name: QueueStore['name'],
  programs: readonly string[],
  install: string,
  start: () => Promise<QueueServer>,
): QueueStore => {
  const missing = programs.every(installed) ? undefined : install;
  const refuse = (): Promise<never> => Promise.reject(new Error(`This needs ${install}.`));
  return { name, missing, start: missing === undefined ? start : refuse };
};

/** The stores that BullMQ has back ends for. */
export const QUEUE_STORES: readonly QueueStore[] = [
  storeOf('redis', ['redis-server'], 'redis-server, of Redis 7 (Debian: apt-get install redis-server)', redisQueues),
  storeOf(
    'postgres',
    ['postgres', 'initdb'],
    'postgres and initdb, of PostgreSQL 15 (Debian: apt-get install postgresql)',
    postgresQueues,
  ),
];
