import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { type EventEmitter } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresBackend, Queue, Worker } from 'bullmq';
import { createClient } from 'redis';

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

type Closable = { close(): Promise<unknown> };

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const folders = [...(process.env.PATH ?? '').split(':'), '/usr/lib/postgresql/15/bin', '/usr/lib/postgresql/16/bin'];
const binary = (name: string): string | undefined =>
  folders.map(folder => join(folder, name)).find(path => existsSync(path));

async function ready(isReady: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await isReady();
      return;
    } catch (error) {
      if (tries > 200) throw error;
      await sleep(50);
    }
  }
}

async function stopped(process: ChildProcess, opened: readonly Closable[], directory: string): Promise<void> {
  await Promise.allSettled(opened.map(one => one.close()));
  const ended = new Promise(resolve => process.once('exit', resolve));
  if (process.exitCode === null && process.kill('SIGINT')) await ended;
  rmSync(directory, { recursive: true, force: true });
}

async function startRedis(): Promise<QueueServer> {
  const [port, directory] = [await freePort(), mkdtempSync(join(tmpdir(), 'eie-redis-'))];
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'no'];
  const server = spawn(binary('redis-server')!, options, { stdio: 'ignore' });
  const opened: Closable[] = [];
  const client = () => {
    const made = createClient({ url: `redis://127.0.0.1:${port}` });
    made.on('error', () => undefined);
    opened.push({ close: async () => made.destroy() });
    return made;
  };
  await ready(async () => {
    const probe = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: false } });
    probe.on('error', () => undefined);
    await probe.connect();
    probe.destroy();
  });
  const kept = <One extends Closable>(one: One): One => {
    (one as unknown as EventEmitter).on('error', () => undefined);
    opened.unshift(one);
    return one;
  };
  return {
    queue: name => kept(new Queue(name, { connection: client() })),
    worker: (name, processor, concurrency) =>
      kept(new Worker(name, processor as never, { connection: client(), concurrency })),
    stop: () => stopped(server, opened, directory),
  };
}

/** PostgreSQL refuses to run as root. */
const owner = (): { uid?: number; gid?: number } => {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
};

async function startPostgres(): Promise<QueueServer> {
  const [port, directory, as] = [await freePort(), mkdtempSync(join(tmpdir(), 'eie-postgres-')), owner()];
  if (as.uid !== undefined) chownSync(directory, as.uid, as.gid!);
  const data = join(directory, 'data');
  const make = ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'];
  execFileSync(binary('initdb')!, make, { ...as, cwd: directory, stdio: 'ignore' });
  const options = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', directory, '-c', 'fsync=off'];
  const server = spawn(binary('postgres')!, options, { ...as, cwd: directory, stdio: 'ignore' });
  const connection = { host: '127.0.0.1', port, user: 'postgres', database: 'postgres' };
  const { Client } = (await import('pg')).default;
  await ready(async () => {
    const probe = new Client(connection);
    try {
      await probe.connect();
    } finally {
      await probe.end().catch(() => undefined);
    }
  });
  const opened: Closable[] = [];
  const kept = <One extends Closable>(one: One): One => {
    (one as unknown as EventEmitter).on('error', () => undefined);
    opened.unshift(one);
    return one;
  };
  const migrated = { ...connection, migrate: true };
  return {
    queue: name => kept(new Queue(name, { connection: migrated }, createPostgresBackend)) as never,
    worker: (name, processor, concurrency) =>
      kept(new Worker(name, processor as never, { connection: migrated, concurrency }, createPostgresBackend)) as never,
    stop: () => stopped(server, opened, directory),
  };
}

const storeOf = (
  name: QueueStore['name'],
  binaries: readonly string[],
  install: string,
  start: () => Promise<QueueServer>,
): QueueStore => {
  const missing = binaries.every(one => binary(one)) ? undefined : install;
  const refuse = (): Promise<never> => Promise.reject(new Error(`This needs ${install}.`));
  return { name, missing, start: missing === undefined ? start : refuse };
};

/** The stores that BullMQ has back ends for. */
export const QUEUE_STORES: readonly QueueStore[] = [
  storeOf('redis', ['redis-server'], 'redis-server, of Redis 7 (Debian: apt-get install redis-server)', startRedis),
  storeOf(
    'postgres',
    ['postgres', 'initdb'],
    'postgres and initdb, of PostgreSQL 15 (Debian: apt-get install postgresql)',
    startPostgres,
  ),
];
