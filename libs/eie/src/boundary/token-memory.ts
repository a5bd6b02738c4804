import { LRUCache } from 'lru-cache';
import { type AccessToken, type IssuerPolicy, type RevocableIdentity, type RevokedIdentity } from 'execution-identity';
import { digest, isFresh, revocableIdentity, revokes, type VerifiedToken } from 'execution-identity/internal';
import { admit } from 'execution-identity/internal/admit';

const CAPACITY = 10_000;
/** Seconds. */
const LIFETIME = 60;

/** What a verified token says. It is not a decision: times, revocation, possession and rights are checked again at each request. */
interface Remembered extends VerifiedToken {
  readonly policy: IssuerPolicy;
  /** What a revocation is compared with. */
  readonly owner: RevocableIdentity;
  readonly since: number;
  /** Seconds. */
  readonly lifetime: number;
}

/**
 * Cache of verified tokens by their SHA-256, so that the next call of an agent needs no signature check. An entry is used for a minute,
 * not after the expiry of the token, and only while its issuer has the same configuration and still publishes the key.
 */
export class TokenMemory {
  readonly #tokens = new LRUCache<string, Remembered>({ max: CAPACITY });

  /** @param now seconds since the epoch */
  recall(compact: string, policy: IssuerPolicy, now: number): AccessToken | undefined {
    const known = this.#tokens.get(digest(compact));
    if (!known || !isFresh(known.since, known.lifetime, now)) return undefined;
    if (known.policy !== policy || (known.key && !policy.keys.holds(known.key))) return undefined;
    return known.token;
  }

  /** Whether it was valid before, however long ago. It may have expired since. */
  knows(compact: string): boolean {
    return this.#tokens.has(digest(compact));
  }

  remember(compact: string, { token, key }: VerifiedToken, policy: IssuerPolicy, now: number): void {
    this.#tokens.set(digest(compact), {
      token,
      key,
      policy,
      owner: revocableIdentity(admit(token, policy)),
      since: now,
      lifetime: Math.min(LIFETIME, token.expiresAt - now),
    });
  }

  forget(revoked: RevokedIdentity): void {
    for (const [key, { owner }] of this.#tokens.entries()) if (revokes(revoked, owner)) this.#tokens.delete(key);
  }
}
