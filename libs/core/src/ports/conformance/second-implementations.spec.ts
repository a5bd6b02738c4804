import { randomUUID } from 'node:crypto';
import { MemoryDelegatedTokenStore } from '../memory-delegated-token-store.js';
import { ReplayStore, type ReplayVerdict } from '../replay-store.js';
import { RequestStateStore } from '../request-state-store.js';
import { type RevocableIdentity, RevocationStore, type RevokedIdentity, revokes } from '../revocation-store.js';
import { clockConformance } from './clock.conformance.js';
import { type ConformanceCase, type Connections, pause } from './conformance-case.js';
import { delegatedTokenStoreConformance } from './delegated-token-store.conformance.js';
import { diagnosticsConformance } from './diagnostics.conformance.js';
import { fetchConformance } from './fetch.conformance.js';
import { replayStoreConformance } from './replay-store.conformance.js';
import { requestStateStoreConformance } from './request-state-store.conformance.js';
import { revocationStoreConformance } from './revocation-store.conformance.js';

/** As far away as a database: each statement is atomic and takes a while, and so does each message to a subscriber. */
class Database {
  readonly #rows = new Map<string, string>();
  readonly #subscribers = new Set<(message: string) => void>();

  async insertIfAbsent(key: string, row: object): Promise<boolean> {
    await delay();
    if (this.#rows.has(key)) return false;
    this.#rows.set(key, JSON.stringify(row));
    return true;
  }

  async find(key: string): Promise<any> {
    await delay();
    const row = this.#rows.get(key);
    return row === undefined ? undefined : JSON.parse(row);
  }

  async all(): Promise<any[]> {
    await delay();
    return [...this.#rows.values()].map(row => JSON.parse(row));
  }

  publish(message: object): void {
    const text = JSON.stringify(message);
    for (const subscriber of this.#subscribers)
      void delay().then(() => this.#subscribers.has(subscriber) && subscriber(text));
  }

  async subscribe(subscriber: (message: string) => void): Promise<() => Promise<void>> {
    await delay();
    this.#subscribers.add(subscriber);
    return async () => void (await delay(), this.#subscribers.delete(subscriber));
  }
}

/** The same for every message of one subscriber, so that they arrive in their order. */
const delay = () => pause(2);

class DatabaseReplayStore extends ReplayStore {
  constructor(protected readonly database: Database) {
    super();
  }

  async take(id: string, expiresAt: number): Promise<ReplayVerdict> {
    return (await this.database.insertIfAbsent(id, { expiresAt })) ? 'fresh' : 'replayed';
  }
}

class DatabaseRevocationStore extends RevocationStore {
  #latest = 0;

  constructor(protected readonly database: Database) {
    super();
  }

  async add(revoked: RevokedIdentity, now: number): Promise<void> {
    const at = Math.max(Math.floor(now), this.#latest);
    await this.database.insertIfAbsent(randomUUID(), { revoked, at });
    this.database.publish(revoked);
  }

  async isRevoked(identity: RevocableIdentity, now: number): Promise<boolean> {
    this.#latest = Math.max(this.#latest, identity.issuedAt, Math.ceil(now));
    const rows = await this.database.all();
    return rows.some(({ revoked, at }) => identity.issuedAt <= at && revokes(revoked, identity));
  }

  subscribe(listener: (revoked: RevokedIdentity) => void): Promise<() => Promise<void>> {
    return this.database.subscribe(message => listener(JSON.parse(message)));
  }
}

class DatabaseRequestStateStore extends RequestStateStore {
  constructor(protected readonly database: Database) {
    super();
  }

  async put(state: unknown, owner: string, expiresAt: number): Promise<string> {
    const handle = randomUUID();
    await this.database.insertIfAbsent(handle, { state, owner, expiresAt });
    return handle;
  }

  async get(handle: string, owner: string, now: number): Promise<unknown> {
    const row = await this.database.find(handle);
    return row?.owner === owner && now < row.expiresAt ? row.state : undefined;
  }
}

/** Two processes on one database. */
const connected =
  <Store>(type: new (database: Database) => Store) =>
  async (): Promise<Connections<Store>> => {
    const database = new Database();
    return { one: new type(database), other: new type(database) };
  };

/** One store for both connections. */
const alone =
  <Store>(type: new () => Store) =>
  async (): Promise<Connections<Store>> => {
    const store = new type();
    return { one: store, other: store };
  };

/** The names of the cases that an implementation fails. */
async function failed(cases: ConformanceCase[]): Promise<string[]> {
  const names = await Promise.all(
    cases.map(({ name, run }) =>
      run().then(
        () => [],
        () => [name],
      ),
    ),
  );
  return names.flat();
}

describe('a store in a database', () => {
  it.each(replayStoreConformance(connected(DatabaseReplayStore)))('for replays conforms: $name', ({ run }) => run());
  it.each(revocationStoreConformance(connected(DatabaseRevocationStore)))(
    'for revocations conforms: $name',
    ({ run }) => run(),
  );
  it.each(requestStateStoreConformance(connected(DatabaseRequestStateStore)))(
    'for request states conforms: $name',
    ({ run }) => run(),
  );
});

describe('a faulty implementation is caught:', () => {
  it.each<[what: string, by: string, cases: ConformanceCase[]]>([
    [
      'a replay store that looks first and writes then',
      'of thirty calls at the same time exactly one is fresh',
      replayStoreConformance(
        connected(
          class extends DatabaseReplayStore {
            override async take(id: string, expiresAt: number): Promise<ReplayVerdict> {
              if (await this.database.find(id)) return 'replayed';
              await this.database.insertIfAbsent(id, { expiresAt });
              return 'fresh';
            }
          },
        ),
      ),
    ],
    [
      'a replay store of one process',
      'an id that was taken at one connection is replayed at the other',
      replayStoreConformance(async () => ({
        one: new DatabaseReplayStore(new Database()),
        other: new DatabaseReplayStore(new Database()),
      })),
    ],
    [
      'a replay store that forgets what expires by the clock of its caller, and takes it again when that is set back',
      'an id is not fresh a second time because a clock was set back',
      replayStoreConformance(
        connected(
          class extends ReplayStore {
            readonly #ids = new Map<string, number>();
            async take(id: string, expiresAt: number, now: number): Promise<ReplayVerdict> {
              for (const [one, end] of this.#ids) if (end <= now) this.#ids.delete(one);
              if (this.#ids.has(id)) return 'replayed';
              this.#ids.set(id, expiresAt);
              return 'fresh';
            }
          },
        ),
      ),
    ],
    [
      'a revocation store that does not know agents',
      'an agent is revoked, and nobody else',
      revocationStoreConformance(
        connected(
          class extends DatabaseRevocationStore {
            override add({ agent: _agent, ...revoked }: RevokedIdentity, now: number) {
              return super.add(revoked, now);
            }
          },
        ),
      ),
    ],
    [
      'a revocation store that revokes users for good',
      'what is issued in the same second is revoked, and what is issued later is not',
      revocationStoreConformance(
        connected(
          class extends DatabaseRevocationStore {
            override isRevoked(identity: RevocableIdentity, now: number) {
              return super.isRevoked({ ...identity, issuedAt: 0 }, now);
            }
          },
        ),
      ),
    ],
    [
      'a revocation store that tells nobody',
      'a subscriber hears of every revocation, whichever connection adds it',
      revocationStoreConformance(
        connected(
          class extends DatabaseRevocationStore {
            override async subscribe() {
              return async () => undefined;
            }
          },
        ),
      ),
    ],
    [
      'a request state store that does not ask whose a state is',
      'a state comes back to its owner alone',
      requestStateStoreConformance(
        connected(
          class extends DatabaseRequestStateStore {
            override async get(handle: string) {
              return (await this.database.find(handle))?.state as unknown;
            }
          },
        ),
      ),
    ],
    [
      'a request state store that signs and does not encrypt',
      'a handle can be sent anywhere, and shows neither state nor owner',
      requestStateStoreConformance(
        connected(
          class extends RequestStateStore {
            async put(state: unknown, owner: string, expiresAt: number) {
              return Buffer.from(JSON.stringify({ state, owner, expiresAt })).toString('base64url');
            }
            async get(handle: string) {
              return JSON.parse(Buffer.from(handle, 'base64url').toString()).state as unknown;
            }
          },
        ),
      ),
    ],
    [
      'a store of tokens that keeps what is there already',
      'what is put later takes the place of what is there',
      delegatedTokenStoreConformance(
        alone(
          class extends MemoryDelegatedTokenStore {
            override async set(place: string, sealed: string, expiresAt: number) {
              if ((await this.get(place, 0)) === undefined) await super.set(place, sealed, expiresAt);
            }
          },
        ),
      ),
    ],
    [
      'a store of tokens that drops nothing by itself',
      'what has expired is gone, on the clock of the store too',
      delegatedTokenStoreConformance(
        alone(
          class extends MemoryDelegatedTokenStore {
            override get(place: string) {
              return super.get(place, 0);
            }
          },
        ),
      ),
    ],
    [
      'a store of tokens that drops one place alone',
      'what is dropped is gone at every connection, and nothing else is',
      delegatedTokenStoreConformance(
        alone(
          class extends MemoryDelegatedTokenStore {
            override delete([place]: readonly string[]) {
              return super.delete(place === undefined ? [] : [place]);
            }
          },
        ),
      ),
    ],
    [
      'diagnostics that throw',
      'a diagnostic of level error is taken whatever it says: nothing is thrown, and nothing is to be waited for',
      diagnosticsConformance(() => ({
        report() {
          throw new Error('no disk');
        },
      })),
    ],
    [
      'a clock in seconds',
      'a clock counts milliseconds since the epoch, not seconds and not since the start of the process',
      clockConformance(() => () => Date.now() / 1000),
    ],
    [
      'a fetch that rejects for a status of an error',
      'an answer of any status resolves',
      fetchConformance(() => async (input, init) => {
        const response = await fetch(input, init);
        if (!response.ok) throw new Error('not ok');
        return response;
      }),
    ],
    [
      'a fetch that follows redirects',
      'a redirect is never followed unasked: it is handed over with `manual`, and rejected with `error`',
      fetchConformance(() => (input, init) => fetch(input, { ...init, redirect: 'follow' })),
    ],
  ])('%s, by "%s"', async (_what, by, cases) => {
    expect(await failed(cases)).toContain(by);
  });
});

describe('what the library uses by default', () => {
  it.each(clockConformance(() => Date.now))('is a clock that conforms: $name', ({ run }) => run());
  it.each(fetchConformance(() => fetch))('is a fetch that conforms: $name', ({ run }) => run());
});
