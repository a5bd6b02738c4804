import { compositeKey } from '../composite-key.js';
import { EieError } from '../errors.js';
import { type RevocableIdentity, RevocationStore, type RevokedIdentity, revokes } from './revocation-store.js';

interface Revocation extends RevokedIdentity {
  /** Seconds since the epoch: what was issued until then is revoked. */
  readonly at: number;
}

/** Seconds: twice the longest lifetime of an access token, so that a clock which runs ahead for a while drops nothing early. */
const KEPT = 2 * 86_400;
const CAPACITY = 10_000;

/** A {@link RevocationStore} in the memory of this process. It does NOT survive a restart, and processes do not share it. */
export class MemoryRevocationStore extends RevocationStore {
  /** By issuer, and by issuer and subject where there is one. */
  readonly #revocations = new Map<string, Revocation[]>();
  readonly #listeners = new Set<(revoked: RevokedIdentity) => void>();
  #size = 0;
  /** The latest time seen, on the clock or in a token. Everything issued until then is older than the next revocation. */
  #latest = -Infinity;

  /** @param capacity revocations that are kept at most */
  constructor(private readonly capacity = CAPACITY) {
    super();
  }

  /** @throws EieError `revocation_refused` when the store is full: it never drops a revocation early */
  override async add(revoked: RevokedIdentity, now: number): Promise<void> {
    this.#dropOld(now);
    if (this.#size >= this.capacity) throw new EieError('revocation_refused');
    const bucket = compositeKey(revoked.issuer, revoked.sub);
    const revocation = { ...revoked, at: Math.max(Math.floor(now), this.#latest) };
    this.#revocations.set(bucket, [...(this.#revocations.get(bucket) ?? []), revocation]);
    this.#size++;
    for (const listener of [...this.#listeners]) listener(revoked);
  }

  override async isRevoked(identity: RevocableIdentity, now: number): Promise<boolean> {
    this.#latest = Math.max(this.#latest, identity.issuedAt, Math.ceil(now));
    if (this.#size === 0) return false;
    return [compositeKey(identity.issuer, undefined), compositeKey(identity.issuer, identity.sub)].some(bucket =>
      this.#revocations.get(bucket)?.some(one => identity.issuedAt <= one.at && revokes(one, identity)),
    );
  }

  override async subscribe(listener: (revoked: RevokedIdentity) => void): Promise<() => Promise<void>> {
    const subscription = (revoked: RevokedIdentity): void => listener(revoked);
    this.#listeners.add(subscription);
    return async () => void this.#listeners.delete(subscription);
  }

  #dropOld(now: number): void {
    for (const [bucket, all] of this.#revocations) {
      const kept = all.filter(one => one.at + KEPT > now);
      this.#size -= all.length - kept.length;
      if (kept.length) this.#revocations.set(bucket, kept);
      else this.#revocations.delete(bucket);
    }
  }
}
