import { LRUCache } from 'lru-cache';
import { type AccessToken, type AdmittedIdentity, type IssuerPolicy, type RevokedIdentity } from 'execution-identity';
import { isFresh, revocableIdentity, revokes, type VerifiedToken } from 'execution-identity/internal';
import { admit } from 'execution-identity/internal/admit';

/** Tokens. */
const CAPACITY = 10_000;
/** Seconds. */
const LIFETIME = 60;

export interface TokenMemorySize {
  readonly capacity?: number;
  /** Seconds. */
  readonly lifetime?: number;
}

/** What a verified token says, and whom it names. It is not a decision: times, revocation, possession and rights are checked at each request. */
export interface RememberedToken {
  readonly token: Pick<AccessToken, 'issuer' | 'audience' | 'jkt' | 'x5t' | 'expiresAt'>;
  readonly policy: IssuerPolicy;
  /** To be admitted again for each request. */
  readonly identity: AdmittedIdentity;
}

interface Entry extends RememberedToken, Pick<VerifiedToken, 'key'> {
  readonly since: number;
  /** Seconds. */
  readonly lifetime: number;
}

/**
 * Cache of verified tokens by their digest, so that the next call of an agent needs no parsing and no signature check. An entry is used for its
 * lifetime, not after the expiry of the token, and only while its issuer has the same configuration and still publishes the key.
 */
export class TokenMemory {
  readonly #tokens: LRUCache<string, Entry>;
  readonly #lifetime: number;

  /** @param isCurrent whether a policy is still that of its issuer */
  constructor(
    private readonly isCurrent: (policy: IssuerPolicy) => boolean,
    { capacity = CAPACITY, lifetime = LIFETIME }: TokenMemorySize = {},
  ) {
    this.#tokens = new LRUCache({ max: capacity });
    this.#lifetime = lifetime;
  }

  /**
   * @param hash of the token, by `digest()`
   * @param now seconds since the epoch
   */
  recall(hash: string, now: number): RememberedToken | undefined {
    const known = this.#tokens.get(hash);
    if (!known || !isFresh(known.since, known.lifetime, now)) return undefined;
    if (!this.isCurrent(known.policy) || (known.key && !known.policy.keys.holds(known.key))) return undefined;
    return known;
  }

  /** Whether it was valid before, however long ago. It may have expired since. */
  knows(hash: string): boolean {
    return this.#tokens.has(hash);
  }

  remember(hash: string, { token, key }: VerifiedToken, policy: IssuerPolicy, now: number): RememberedToken {
    const lifetime = Math.min(this.#lifetime, token.expiresAt - now);
    const entry = { token: boundTo(token), key, policy, identity: admit(token, policy), since: now, lifetime };
    this.#tokens.set(hash, entry);
    return entry;
  }

  forget(revoked: RevokedIdentity): void {
    for (const [key, { identity }] of this.#tokens.entries())
      if (revokes(revoked, revocableIdentity(identity))) this.#tokens.delete(key);
  }
}

/** What is asked of a token at each request. The identity has the rest. */
const boundTo = ({ issuer, audience, expiresAt, jkt, x5t }: AccessToken): RememberedToken['token'] => ({
  issuer,
  audience,
  expiresAt,
  ...(jkt !== undefined && { jkt }),
  ...(x5t !== undefined && { x5t }),
});
