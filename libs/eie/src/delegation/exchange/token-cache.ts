import { LRUCache } from 'lru-cache';
import { type RevokedIdentity } from 'execution-identity';
import { digest, isFresh, revokes } from 'execution-identity/internal';
import { type CacheKey } from './cache-key.js';
import { anew, waitAfter } from './known-refusal.js';
import { type DelegatedToken } from './returned-token.js';
import { type SharedTokens } from './shared/shared-tokens.js';
import { type TokenAnswer } from './token-client.js';

const CAPACITY = 10_000;
/** Seconds. A cached token does not notice a revocation at its issuer, so it is used for this time at most. */
const MAX_USE = 300;
/** Seconds before its expiry from which a token is not sent any more. */
const MARGIN = 10;
/** So many tokens of one key are replaced within so many seconds when their target refuses each. */
const MAX_DROPPED = 5;
const DROPPED = 30;
interface Held {
  readonly token: DelegatedToken;
  readonly owner: CacheKey['owner'];
  readonly since: number;
  /** Seconds. */
  readonly lifetime: number;
}

interface Refused {
  readonly error: unknown;
  readonly since: number;
  /** Seconds. */
  readonly lifetime: number;
}

interface Dropped {
  readonly hash: string;
  /** Seconds since the epoch: when the first of them was refused. */
  readonly since: number;
  /** How many were, one after the other. */
  readonly times: number;
}

interface Flight {
  readonly owner: CacheKey['owner'];
  result: Promise<DelegatedToken>;
  isRevoked: boolean;
}

/** Where a token comes from. */
export interface TokenSource {
  /** Seconds since the epoch: the expiry of what the token is made from. `Infinity` for a token of this server itself. */
  readonly notAfter: number;
  /** Asks the authorization server. */
  ask(): Promise<TokenAnswer>;
  /** Checks an answer, be it of the authorization server or of another instance that has asked it. @throws EieError */
  prove(answer: TokenAnswer): DelegatedToken;
}

/**
 * The tokens that this process has for its targets. It is bounded. Each token is used for five minutes at most, and not after the expiry
 * of the token it was made from. Concurrent callers of the same token share one request. They are in the memory of this process; what processes share, if
 * they do, is looked at before the authorization server is asked, by the same rules.
 */
export class TokenCache {
  readonly #held = new LRUCache<string, Held>({ max: CAPACITY });
  /** What is not asked for again yet. */
  readonly #refused = new LRUCache<string, Refused>({ max: CAPACITY });
  /** Of each key the last token that its target has refused: not to be taken from another instance. */
  readonly #dropped = new LRUCache<string, Dropped>({ max: CAPACITY });
  readonly #keys = new WeakMap<DelegatedToken, string>();
  readonly #flights = new Map<string, Flight>();

  /** @param now seconds since the epoch */
  constructor(
    private readonly now: () => number,
    private readonly shared?: SharedTokens,
  ) {}

  /**
   * @throws what the source throws. A denial is cached for 10 seconds; where the server asks to wait, that is cached for as long, a minute at most
   */
  get(key: CacheKey, source: TokenSource): Promise<DelegatedToken> {
    const [held, refused] = [this.#held.get(key.id), this.#refused.get(key.id)];
    if (held && isFresh(held.since, held.lifetime, this.now())) return Promise.resolve(held.token);
    if (refused && isFresh(refused.since, refused.lifetime, this.now())) return Promise.reject(anew(refused.error));
    const flight = this.#flights.get(key.id);
    return flight
      ? flight.result.catch((error: unknown) => Promise.reject(anew(error)))
      : this.#start(key, source).result;
  }

  /**
   * Forgets a token that its target refused, unless it has been replaced already.
   *
   * @returns whether another one is worth asking for: not where the target has refused one after the other and taken none, since it would refuse any
   */
  drop(token: DelegatedToken): boolean {
    const id = this.#keys.get(token);
    if (id === undefined || this.#held.get(id)?.token !== token) return true;
    const now = this.now();
    const last = this.#dropped.get(id);
    const { since, times } = last && isFresh(last.since, DROPPED, now) ? last : { since: now, times: 0 };
    if (times >= MAX_DROPPED) return false;
    this.#held.delete(id);
    this.#dropped.set(id, { hash: digest(token.token), since, times: times + 1 });
    void this.shared?.drop(id, token.token);
    return true;
  }

  /** Its target has taken a token. */
  noteTaken(token: DelegatedToken): void {
    const id = this.#dropped.size ? this.#keys.get(token) : undefined;
    const dropped = id === undefined ? undefined : this.#dropped.get(id);
    if (dropped) this.#dropped.set(id!, { ...dropped, times: 0 });
  }

  /** Forgets the tokens of the revoked identity. A token that is being requested is not cached. */
  forget(revoked: RevokedIdentity): void {
    const forgotten: string[] = [];
    for (const [id, { owner }] of this.#held) if (owner && revokes(revoked, owner)) forgotten.push(id);
    for (const id of forgotten) this.#held.delete(id);
    for (const [id, flight] of this.#flights) {
      if (!flight.owner || !revokes(revoked, flight.owner)) continue;
      flight.isRevoked = true;
      this.#flights.delete(id);
    }
    if (forgotten.length) void this.shared?.forget(forgotten);
  }

  #start(key: CacheKey, source: TokenSource): Flight {
    const flight: Flight = { owner: key.owner, isRevoked: false, result: undefined as never };
    this.#flights.set(key.id, flight);
    flight.result = this.#token(key, source, flight)
      .catch((error: unknown) => {
        const lifetime = waitAfter(error);
        if (lifetime > 0) this.#refused.set(key.id, { error, since: this.now(), lifetime });
        throw error;
      })
      .finally(() => {
        if (this.#flights.get(key.id) === flight) this.#flights.delete(key.id);
      });
    return flight;
  }

  async #token(key: CacheKey, source: TokenSource, flight: Flight): Promise<DelegatedToken> {
    const found = this.shared && (await this.#ofOthers(this.shared, key, source));
    if (found && !flight.isRevoked) {
      this.#hold(key, found);
      return found.token;
    }
    const obtainedAt = this.now();
    const answer = await source.ask();
    const token = source.prove(answer);
    const since = this.now();
    const lifetime = lifetimeOf(token, source, since, since);
    if (flight.isRevoked || lifetime <= 0) return token;
    this.#hold(key, { token, since, lifetime });
    const { scopes } = answer;
    const shared = { token: token.token, ...(scopes && { scopes }), obtainedAt, expiresAt: token.expiresAt };
    this.shared?.keep(key.id, shared, since + lifetimeOf(token, source, obtainedAt, since));
    return token;
  }

  #hold({ id, owner }: CacheKey, held: Omit<Held, 'owner'>): void {
    this.#held.set(id, { ...held, owner });
    this.#keys.set(held.token, id);
  }

  /** What another instance has obtained, if it passes every check that the answer of the authorization server would have to pass now. */
  async #ofOthers(shared: SharedTokens, key: CacheKey, source: TokenSource): Promise<Omit<Held, 'owner'> | undefined> {
    const found = await shared.find(key);
    if (!found || this.#dropped.get(key.id)?.hash === digest(found.token)) return undefined;
    const { token, scopes, obtainedAt, expiresAt } = found;
    const since = this.now();
    try {
      const proven = source.prove({ token, ...(scopes && { scopes }), expiresIn: expiresAt - since });
      const lifetime = lifetimeOf(proven, source, obtainedAt, since);
      return lifetime > 0 ? { token: proven, since, lifetime } : undefined;
    } catch {
      // An instance that is configured otherwise has obtained it.
      return undefined;
    }
  }
}

/** Seconds for which a token is used from now on. Of another instance: a minute more at most, as far as its clock may be ahead. */
const lifetimeOf = (
  { expiresAt }: DelegatedToken,
  { notAfter }: TokenSource,
  obtainedAt: number,
  now: number,
): number => Math.min(expiresAt - MARGIN - now, notAfter - now, obtainedAt + MAX_USE - now);
