import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.js';
import { installed } from './installed.js';

const run = promisify(execFile);

/** A PostgreSQL of its own, on a free port, which keeps its data when it is stopped. */
export interface PostgresServer {
  readonly url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** For good. */
  close(): Promise<void>;
}

/** @throws Error which says what to install, where there is no PostgreSQL */
export async function startPostgres(): Promise<PostgresServer> {
  const [initdb, postgres] = ['initdb', 'postgres'].map(installed);
  if (!initdb || !postgres) throw new Error('postgres is not there: apt-get install postgresql.');
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
  const user = await unprivileged();
  if (user) await chown(folder, user.uid, user.gid);
  const as = { ...user, cwd: folder };
  const data = join(folder, 'data');
  await run(initdb, ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'], as);
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
  let server: ReturnType<typeof spawn> | undefined;
  const start = async (): Promise<void> => {
    server = spawn(postgres, args, { ...as, stdio: 'ignore' });
    await answers(url);
  };
  const stop = async (): Promise<void> => {
    if (!server || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    // "Immediate": nothing is written that is not on the disk.
    server.kill('SIGQUIT');
    await ended;
  };
  await start();
  return {
    url,
    start,
    stop,
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL does not run as root. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async flag => Number((await run('id', [flag, 'postgres'])).stdout)),
  );
  return { uid: uid!, gid: gid! };
}

async function answers(url: string): Promise<void> {
  for (const end = performance.now() + 30_000; ; await sleep(50)) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return await client.end();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}
