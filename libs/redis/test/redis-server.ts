import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';

const isInstalled = (): boolean => spawnSync('redis-server', ['--version']).status === 0;

/** `describe` where Redis is installed; where not, its tests are skipped, and fail where CI_RUN says that they must run. */
export function describeWithRedis(name: string, tests: () => void): void {
  if (process.env.CI_RUN === '1' || isInstalled()) return describe(name, tests);
  console.warn(`${name}: Redis is not installed, so this is skipped. Install it: apt-get install redis-server`);
  describe.skip(name, tests);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

export const connect = async (port: number) => {
  const client = createClient({
    socket: { host: '127.0.0.1', port, reconnectStrategy: 50 },
    disableOfflineQueue: true,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
};
export type Client = Awaited<ReturnType<typeof connect>>;

/** A server of its own, on a free port, which a test may stop and start. */
export class RedisServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'eie-redis-'));
  readonly #clients: Client[] = [];
  #process: ChildProcess | undefined;

  private constructor(readonly port: number) {}

  static async start(...settings: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort());
    await server.up(...settings);
    return server;
  }

  /** Empty, unless the settings say otherwise. */
  async up(...settings: string[]): Promise<void> {
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', ''];
    const started = spawn('redis-server', [...own, ...settings], { stdio: 'ignore' });
    const failed = new Promise<never>((_resolve, reject) =>
      started.once('error', () => reject(new Error('Redis is not installed: apt-get install redis-server'))),
    );
    this.#process = started;
    const client = createClient({ socket: { host: '127.0.0.1', port: this.port, reconnectStrategy: 20 } });
    client.on('error', () => undefined);
    try {
      await Promise.race([client.connect().then(() => client.ping()), failed]);
    } finally {
      client.destroy();
    }
  }

  /** At once, as when the machine ends. */
  async down(): Promise<void> {
    if (!this.#process || this.#process.signalCode) return;
    const ended = new Promise(resolve => this.#process?.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }

  async client(): Promise<Client> {
    const client = await connect(this.port);
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.destroy();
    await this.down();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
