import { LRUCache } from 'lru-cache';
import { EieError, type EieErrorCode, type RevokedIdentity } from 'execution-identity';
import { findingOf, isFresh, revokes } from 'execution-identity/internal';
import { type CacheKey } from './cache-key.js';
import { type DelegatedToken } from './returned-token.js';

const CAPACITY = 10_000;
/** Seconds. A cached token does not notice a revocation at its issuer, so it is used for this time at most. */
const MAX_USE = 300;
/** Seconds before its expiry from which a token is not sent any more. */
const MARGIN = 10;
/** Seconds for which a denial is cached, and a request to wait that does not say how long. */
const DENIED = 10;
const WAIT = 5;
/** What the server would say again. */
const DENIALS: readonly EieErrorCode[] = [
  'delegation_denied',
  'delegation_consent_required',
  'delegation_user_not_assigned',
  'delegation_audience_unavailable',
];

interface Held {
  readonly token: DelegatedToken;
  readonly owner: CacheKey['owner'];
  readonly since: number;
  /** Seconds. */
  readonly lifetime: number;
}

interface Refused {
  readonly error: EieError;
  readonly since: number;
  /** Seconds. */
  readonly lifetime: number;
}

interface Flight {
  readonly result: Promise<DelegatedToken>;
  readonly owner: CacheKey['owner'];
  isRevoked: boolean;
}

/**
 * The tokens that this process has for its targets. It is bounded. Each token is used for five minutes at most, and not after the expiry
 * of the token it was made from. Concurrent callers of the same token share one request. In memory only.
 */
export class TokenCache {
  readonly #held = new LRUCache<string, Held>({ max: CAPACITY });
  /** What is not asked for again yet. */
  readonly #refused = new LRUCache<string, Refused>({ max: CAPACITY });
  readonly #flights = new Map<string, Flight>();

  /** @param now seconds since the epoch */
  constructor(private readonly now: () => number) {}

  /**
   * @param notAfter seconds since the epoch: the expiry of what the token is made from
   * @throws what `obtain` throws. A denial is cached for 10 seconds; where the server asks to wait, that is cached for as long, a minute at most
   */
  get(key: CacheKey, notAfter: number, obtain: () => Promise<DelegatedToken>): Promise<DelegatedToken> {
    const [held, refused] = [this.#held.get(key.id), this.#refused.get(key.id)];
    if (held && isFresh(held.since, held.lifetime, this.now())) return Promise.resolve(held.token);
    if (refused && isFresh(refused.since, refused.lifetime, this.now())) return Promise.reject(anew(refused.error));
    const flight = this.#flights.get(key.id) ?? this.#start(key, notAfter, obtain);
    return flight.result;
  }

  /** Forgets a token that its target refused, unless it has been replaced already. */
  drop(key: CacheKey, token: DelegatedToken): void {
    if (this.#held.get(key.id)?.token === token) this.#held.delete(key.id);
  }

  /** Forgets the tokens of the revoked identity. A token that is being requested is not cached. */
  forget(revoked: RevokedIdentity): void {
    for (const [id, { owner }] of this.#held) if (owner && revokes(revoked, owner)) this.#held.delete(id);
    for (const [id, flight] of this.#flights) {
      if (!flight.owner || !revokes(revoked, flight.owner)) continue;
      flight.isRevoked = true;
      this.#flights.delete(id);
    }
  }

  #start(key: CacheKey, notAfter: number, obtain: () => Promise<DelegatedToken>): Flight {
    const result = obtain()
      .then(
        token => {
          const since = this.now();
          const lifetime = Math.min(token.expiresAt - MARGIN - since, notAfter - since, MAX_USE);
          if (!flight.isRevoked && lifetime > 0) this.#held.set(key.id, { token, owner: key.owner, since, lifetime });
          return token;
        },
        (error: unknown) => {
          const lifetime = error instanceof EieError ? waitAfter(error) : 0;
          if (lifetime > 0) this.#refused.set(key.id, { error: error as EieError, since: this.now(), lifetime });
          throw error;
        },
      )
      .finally(() => {
        if (this.#flights.get(key.id) === flight) this.#flights.delete(key.id);
      });
    const flight: Flight = { result, owner: key.owner, isRevoked: false };
    this.#flights.set(key.id, flight);
    return flight;
  }
}

/** Each caller gets an error of its own: each is a refusal of its own, on the audit log and for the operator. */
const anew = (error: EieError): EieError =>
  new EieError(error.code, { finding: findingOf(error), detailCode: error.detailCode, retryAfter: error.retryAfter });

/** Seconds. */
function waitAfter({ code, retryAfter }: EieError): number {
  if (DENIALS.includes(code)) return DENIED;
  return retryAfter ?? (code === 'delegation_rate_limited' ? WAIT : 0);
}
