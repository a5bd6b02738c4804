import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import { freePort } from './free-port.js';

/** A Redis of its own, on a free port, which keeps its data when it is stopped. */
export interface RedisServer {
  readonly url: string;
  stop(): Promise<void>;
  /** @param empty whether its data is lost */
  start(empty?: boolean): Promise<void>;
  /** It is there, and answers nothing until {@link resume}. */
  pause(): void;
  resume(): void;
  /** For good. */
  close(): Promise<void>;
}

/** @throws Error which says what to install, where there is no Redis */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', ''];
  const start = async (empty = false): Promise<void> => {
    if (empty) await rm(join(folder, 'appendonlydir'), { recursive: true, force: true });
    server = spawn('redis-server', [...own, ...args], { stdio: 'ignore' });
    const failed = once(server, 'error').then(() => {
      throw new Error('redis-server is not there: apt-get install redis-server.');
    });
    await Promise.race([failed, answers(url)]);
  };
  const stop = async (): Promise<void> => {
    if (!server || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    url,
    start,
    stop,
    pause: () => void server!.kill('SIGSTOP'),
    resume: () => void server!.kill('SIGCONT'),
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<void> {
  const client = createClient({ url, socket: { reconnectStrategy: 50 } });
  client.on('error', () => undefined);
  await client.connect();
  try {
    // While it reads its data back it takes connections, and says so to each command.
    for (const end = performance.now() + 30_000; ; await sleep(20)) {
      try {
        await client.ping();
        return;
      } catch (error) {
        if (performance.now() > end) throw error;
      }
    }
  } finally {
    client.destroy();
  }
}
