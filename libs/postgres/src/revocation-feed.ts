import { Client, type ClientBase } from 'pg';
import { withinDeadline } from 'execution-identity/internal';
import { type Database, inTransaction } from './database.js';
import { type PostgresStoreError, storeError } from './postgres-store-error.js';

/** Milliseconds. */
const [EVERY, AT_MOST_EVERY, DEADLINE] = [250, 25, 1_800];

/**
 * A connection of its own that looks at the table, when it is told that there is something and four times a second anyway: a lost, forged or
 * repeated message changes nothing. When the connection ends it makes another one.
 */
export class RevocationFeed {
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isTold = false;
  #isClosed = false;

  /** @param look what is done at each look, in one transaction */
  constructor(
    private readonly database: Database,
    private readonly look: (client: ClientBase) => Promise<void>,
    private readonly failed: (error: PostgresStoreError) => void,
  ) {}

  start(): void {
    if (this.#isClosed || this.#running) return;
    clearTimeout(this.#timer);
    this.#isTold = false;
    this.#running = this.#run().then(() => {
      this.#running = undefined;
      this.#plan(this.#isTold ? AT_MOST_EVERY : EVERY);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
    await this.#drop();
  }

  #plan(milliseconds: number): void {
    if (!this.#isClosed) this.#timer = setTimeout(() => this.start(), milliseconds).unref();
  }

  #told(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    if (this.#running) return;
    clearTimeout(this.#timer);
    this.#plan(AT_MOST_EVERY);
  }

  async #run(): Promise<void> {
    try {
      await withinDeadline(DEADLINE, async () => inTransaction(await this.#connected(), this.look));
    } catch (error) {
      this.failed(storeError((Object(error) as Error).name === 'TimeoutError' ? { code: 'timeout' } : error));
      await this.#drop();
    }
  }

  async #connected(): Promise<Client> {
    if (this.#client) return this.#client;
    const client = new Client({ ...this.database.pool.options, password: this.database.pool.options.password });
    this.#client = client;
    client.on('error', () => void this.#drop(client));
    client.on('notification', () => this.#told());
    await client.connect();
    // A waiting connection holds up no process that has nothing else to do.
    (client as Client & { unref?(): void }).unref?.();
    await client.query(`LISTEN "${this.database.channel}"`);
    return client;
  }

  async #drop(client = this.#client): Promise<void> {
    if (!client) return;
    if (this.#client === client) this.#client = undefined;
    await withinDeadline(100, () => client.end()).catch(() => undefined);
  }
}
