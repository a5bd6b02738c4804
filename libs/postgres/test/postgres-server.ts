import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool, type PoolConfig } from 'pg';
import { migrate } from '../src/migrate.js';

const INSTALLED = '/usr/lib/postgresql';

function binaries(): string | undefined {
  const folders = [
    ...(existsSync(INSTALLED) ? readdirSync(INSTALLED) : [])
      .sort((one, other) => Number(other) - Number(one))
      .map(version => join(INSTALLED, version, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ];
  return folders.find(folder => ['initdb', 'postgres'].every(name => existsSync(join(folder, name))));
}

/** `describe` where PostgreSQL is installed; where not, its tests are skipped, and fail where CI_RUN says that they must run. */
export function describeWithPostgres(name: string, tests: () => void): void {
  if (binaries() || process.env.CI_RUN === '1') return describe(name, tests);
  console.warn(`${name}: PostgreSQL is not installed, so this is skipped. Install it: apt-get install postgresql`);
  describe.skip(name, tests);
}

/** PostgreSQL does not run as root: there it runs as its own user, or as nobody. */
function user(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const found = ['postgres', 'nobody']
    .map(name => new RegExp(`^${name}:[^:]*:(\\d+):(\\d+)`, 'm').exec(readFileSync('/etc/passwd', 'utf8')))
    .find(one => one !== null);
  return { uid: Number(found?.[1] ?? 65534), gid: Number(found?.[2] ?? 65534) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

let schemas = 0;

/** A server of its own, on a free port, which a test may stop, start, promote and set back. */
export class PostgresServer {
  readonly #pools: Pool[] = [];
  #process: ChildProcess | undefined;

  private constructor(
    readonly bin: string,
    private readonly folder: string,
    readonly port: number,
  ) {}

  static async start(): Promise<PostgresServer> {
    const bin = binaries();
    if (!bin) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
    const folder = mkdtempSync(join(tmpdir(), 'eie-postgres-'));
    const { uid, gid } = user();
    if (uid !== undefined) chownSync(folder, uid, gid!);
    const server = new PostgresServer(bin, folder, await freePort());
    execFileSync(
      join(bin, 'initdb'),
      ['-D', server.data, '-A', 'trust', '-U', 'postgres', '-N', '--locale=C', '-E', 'UTF8'],
      {
        ...user(),
        cwd: folder,
        stdio: 'ignore',
      },
    );
    await server.up();
    return server;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  /** Where it is up it stays so. */
  async up(): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) return;
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'max_connections=50'];
    this.#process = spawn(
      join(this.bin, 'postgres'),
      ['-D', this.data, '-p', String(this.port), ...settings.flatMap(one => ['-c', one])],
      { ...user(), cwd: this.folder, stdio: 'ignore' },
    );
    for (const end = Date.now() + 30_000; ;) {
      const pool = this.#shortLived();
      try {
        await pool.query('SELECT 1');
        return;
      } catch (error) {
        if (Date.now() > end) throw error;
        await new Promise(resolve => setTimeout(resolve, 50));
      } finally {
        await pool.end();
      }
    }
  }

  /** At once, as when the machine ends. */
  async down(signal: 'SIGQUIT' | 'SIGINT' = 'SIGQUIT'): Promise<void> {
    const running = this.#process;
    if (running?.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise(resolve => running.once('exit', resolve));
    running.kill(signal);
    await ended;
  }

  /** A copy of the data, of a server that is down. */
  save(): void {
    rmSync(`${this.data}.saved`, { recursive: true, force: true });
    cpSync(this.data, `${this.data}.saved`, { recursive: true, preserveTimestamps: true });
    this.#own(`${this.data}.saved`);
  }

  /** The data as they were saved, as those of a standby that had not got everything yet and is promoted. */
  async failOver(): Promise<void> {
    await this.down();
    rmSync(this.data, { recursive: true, force: true });
    cpSync(`${this.data}.saved`, this.data, { recursive: true, preserveTimestamps: true });
    writeFileSync(join(this.data, 'standby.signal'), '');
    this.#own(this.data);
    await this.up();
    await this.query('SELECT pg_promote(true, 30)');
  }

  #own(folder: string): void {
    const { uid, gid } = user();
    if (uid !== undefined) execFileSync('chown', ['-R', `${uid}:${gid}`, folder]);
  }

  get config(): PoolConfig {
    return { host: '127.0.0.1', port: this.port, user: 'postgres', database: 'postgres' };
  }

  pool(config: PoolConfig = {}): Pool {
    const pool = new Pool({ ...this.config, ...config });
    this.#pools.push(pool);
    return pool;
  }

  get lastPool(): Pool {
    return this.#pools.at(-1)!;
  }

  // What a test makes of a row is its own affair.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async query(sql: string, values: unknown[] = []): Promise<any[]> {
    const pool = this.#shortLived();
    try {
      return (await pool.query(sql, values)).rows;
    } finally {
      await pool.end();
    }
  }

  /** A schema of its own, with the tables. */
  async schema(): Promise<string> {
    const schema = `eie_${++schemas}`;
    await this.migrate(schema);
    return schema;
  }

  async migrate(schema: string): Promise<void> {
    const pool = this.#shortLived();
    await migrate(pool, { schema });
    await pool.end();
  }

  /** A pool that has ended hears of the end of its server all the same. */
  #shortLived(): Pool {
    const pool = new Pool({ ...this.config, max: 1 });
    pool.on('error', () => undefined);
    return pool;
  }

  async endPools(): Promise<void> {
    await Promise.all(this.#pools.splice(0).map(pool => pool.end()));
  }

  async stop(): Promise<void> {
    await this.endPools();
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
