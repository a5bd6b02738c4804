import { type DelegatedTokenStore, type Diagnostics, type RevocableIdentity } from 'execution-identity';
import { CLOCK_SKEW, storeFailure } from 'execution-identity/internal';
import { type CacheKey } from '../cache-key.js';
import { OptionalStore } from './optional-store.js';
import { readSharedToken, type SharedToken, written } from './shared-token.js';
import { isOfAnotherVersion, TokenSeal } from './token-seal.js';

/** Places that the store is told of at once, at most. */
const BATCH = 500;
/** Milliseconds between two lines that say the same. */
const TOLD_EVERY = 60_000;
const AWAY = (error: unknown): string =>
  storeFailure('store of delegated tokens', error, 'until it does, each instance asks for tokens of its own');
const CHANGED =
  'The store of delegated tokens holds something that no instance of this server has sealed: it is not used. See who may write there, and whether all instances have the same secrets.';

export interface SharedTokensParts {
  readonly store: DelegatedTokenStore;
  /** The first seals, each opens. */
  readonly secrets: readonly string[];
  /** The identifier of this server. */
  readonly server: string;
  readonly diagnostics: Diagnostics;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Whether an identity was revoked. */
  readonly revocation: { isRevoked(identity: RevocableIdentity): boolean | Promise<boolean> };
  /** Is told of each token that comes out of the store. */
  readonly onOpened: (token: string) => void;
}

/**
 * What the processes of one server share about their tokens: each token sealed, in a store that nobody depends on. Where it has nothing, is away or late, holds
 * something that was changed, or something of before a revocation, there is no token, and the caller obtains one. Nothing here rejects.
 *
 * It does NOT check what a token says: whoever takes one out does, as if it came from the authorization server.
 */
export class SharedTokens {
  readonly #seals: readonly TokenSeal[];
  readonly #store: OptionalStore<DelegatedTokenStore>;
  readonly #toldAt = new Map<string, number>();
  readonly #parts: Omit<SharedTokensParts, 'secrets' | 'store'>;

  constructor({ store, secrets, ...parts }: SharedTokensParts) {
    this.#parts = parts;
    this.#seals = secrets.map(secret => new TokenSeal(secret, parts.server));
    this.#store = new OptionalStore(store, error => this.#tell('away', AWAY(error)));
  }

  async find({ id, owner }: CacheKey): Promise<SharedToken | undefined> {
    const found = await Promise.all(this.#seals.map(seal => this.#findBy(seal, id)));
    const { now, revocation } = this.#parts;
    for (const one of found) {
      // A clock that is further ahead than that says nothing of its age.
      if (!one || one.obtainedAt > now() + CLOCK_SKEW.sharedToken) continue;
      if (!owner || (await isNotRevoked(revocation, { ...owner, issuedAt: Math.min(owner.issuedAt, one.obtainedAt) })))
        return one;
    }
    return undefined;
  }

  /** Nobody waits for it. @param until seconds since the epoch: until then at most it is used */
  keep(id: string, shared: SharedToken, until: number): void {
    const [seal] = this.#seals;
    const text = written(shared);
    // What nobody would take out would look like something that was changed.
    if (!seal || until <= this.#parts.now() || !readSharedToken(text)) return;
    const place = seal.place(id);
    const sealed = seal.seal(text, place);
    void this.#store.ask(store => store.set(place, sealed, until, this.#parts.now()));
  }

  /** Drops this token, unless another process has put another one in its place. */
  async drop(id: string, token: string): Promise<void> {
    const found = await Promise.all(this.#seals.map(async seal => (await this.#findBy(seal, id))?.token === token));
    if (found.includes(true)) await this.forget([id]);
  }

  /** Drops whatever is there for these keys. */
  async forget(ids: readonly string[]): Promise<void> {
    for (let i = 0; i < ids.length; i += BATCH) {
      const some = ids.slice(i, i + BATCH);
      for (const seal of this.#seals) await this.#store.ask(store => store.delete(some.map(id => seal.place(id))));
    }
  }

  async #findBy(seal: TokenSeal, id: string): Promise<SharedToken | undefined> {
    const place = seal.place(id);
    const sealed: unknown = await this.#store.ask(store => store.get(place, this.#parts.now()));
    if (sealed === undefined || sealed === null || isOfAnotherVersion(sealed)) return undefined;
    const text = typeof sealed === 'string' ? seal.open(sealed, place) : undefined;
    const shared = text === undefined ? undefined : readSharedToken(text);
    if (shared) this.#parts.onOpened(shared.token);
    else this.#tell('changed', CHANGED);
    return shared;
  }

  #tell(what: 'away' | 'changed', message: string): void {
    const now = performance.now();
    if (now - (this.#toldAt.get(what) ?? -Infinity) < TOLD_EVERY) return;
    this.#toldAt.set(what, now);
    this.#parts.diagnostics.report({ level: what === 'away' ? 'warn' : 'error', message });
  }
}

/** A store of revocations that does not answer refuses the call itself, later. Here it only means that the token is not taken. */
async function isNotRevoked(
  revocation: SharedTokensParts['revocation'],
  identity: RevocableIdentity,
): Promise<boolean> {
  try {
    return !(await revocation.isRevoked(identity));
  } catch {
    return false;
  }
}
