import { KnownRevocations } from './known-revocations.js';
import { type RevocableIdentity, RevocationStore, type RevokedIdentity } from './revocation-store.js';

/** Seconds: a day, the longest lifetime of an access token unless an issuer is configured with a longer one. */
const LONGEST_TOKEN = 86_400;
/** Some 50 MB. Each logout that a provider tells of is one, for two days. */
const CAPACITY = 100_000;

/**
 * A {@link RevocationStore} in the memory of this process. It does NOT survive a restart, and processes do not share it.
 *
 * It looks an identity up by each shape of revocation that it holds, at most 32, however many revocations there are. The same revocation
 * twice is one. When it is full it refuses none and drops none early: it keeps something wider in place of several, a user in place of the
 * sessions of that user, at worst the issuer that has filled it.
 */
export class MemoryRevocationStore extends RevocationStore {
  readonly #known: KnownRevocations;
  readonly #listeners = new Set<(revoked: RevokedIdentity) => void>();
  /** The latest time seen, on the clock or in a token. Everything issued until then is older than the next revocation. */
  #latest = -Infinity;

  /**
   * @param capacity revocations that are kept at most
   * @param longestToken seconds: the longest `maxLifetime` of an issuer
   * @param widened is told when the store is full, and who is revoked in place of how many: people who were never named
   */
  constructor(
    capacity = CAPACITY,
    longestToken = LONGEST_TOKEN,
    widened?: (wide: RevokedIdentity, count: number) => void,
  ) {
    super();
    // Twice the longest lifetime, so that a clock which runs ahead for a while drops nothing early.
    this.#known = new KnownRevocations(capacity, 2 * longestToken, widened);
  }

  override async add(revoked: RevokedIdentity, now: number): Promise<void> {
    this.#known.keep(revoked, Math.max(Math.floor(now), this.#latest), now);
    for (const listener of [...this.#listeners]) listener(revoked);
  }

  override isRevoked(identity: RevocableIdentity, now: number): boolean {
    this.#latest = Math.max(this.#latest, identity.issuedAt, Math.ceil(now));
    return this.#known.names(identity, now);
  }

  override async subscribe(listener: (revoked: RevokedIdentity) => void): Promise<() => Promise<void>> {
    const subscription = (revoked: RevokedIdentity): void => listener(revoked);
    this.#listeners.add(subscription);
    return async () => void this.#listeners.delete(subscription);
  }
}
