import { type RedisStoreClient } from './redis-client.js';

/** Milliseconds between two looks, and at least between two that were told to look. */
const [EVERY, AT_MOST_EVERY] = [250, 20];

/** A connection of its own for messages. Clients of `redis` that are not such are looked at four times a second alone. */
interface Subscriber {
  on(event: 'error', listener: () => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: () => void): Promise<unknown>;
  destroy(): void;
  unref?(): void;
}

/**
 * Looks at the store when a message says that there is something, and four times a second anyway. A message says nothing else: a lost, forged or
 * repeated one changes nothing.
 */
export class RevocationFeed {
  #subscriber: Subscriber | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isTold = false;
  #isStarted = false;
  #isClosed = false;

  /** @param look never rejects */
  constructor(
    private readonly client: RedisStoreClient,
    private readonly channel: string,
    private readonly look: () => Promise<void>,
  ) {}

  start(): void {
    if (this.#isStarted || this.#isClosed) return;
    this.#isStarted = true;
    void this.#listen();
    this.#run();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#end();
    await this.#running;
  }

  #run(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#running) return;
    this.#isTold = false;
    this.#running = this.look().finally(() => {
      this.#running = undefined;
      this.#plan(this.#isTold ? AT_MOST_EVERY : EVERY);
    });
  }

  #plan(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#run(), milliseconds).unref();
  }

  #told(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    if (!this.#running) this.#plan(AT_MOST_EVERY);
  }

  /** The client connects again by itself. Where it cannot, the looks go on. */
  async #listen(): Promise<void> {
    const { duplicate } = this.client as { duplicate?: unknown };
    if (typeof duplicate !== 'function') return;
    const subscriber = duplicate.call(this.client) as Subscriber;
    this.#subscriber = subscriber;
    subscriber.on('error', () => undefined);
    try {
      await subscriber.connect();
      // A waiting connection holds up no process that has nothing else to do.
      subscriber.unref?.();
      if (!this.#isClosed) await subscriber.subscribe(this.channel, () => this.#told());
    } catch {
      end(subscriber);
    }
    // It may have been closed while it connected.
    if (this.#isClosed) end(subscriber);
  }

  #end(): void {
    if (this.#subscriber) end(this.#subscriber);
    this.#subscriber = undefined;
  }
}

function end(subscriber: Subscriber): void {
  try {
    subscriber.destroy();
  } catch {
    // It was closed already.
  }
}
