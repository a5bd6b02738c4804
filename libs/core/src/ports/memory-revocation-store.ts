import { compositeKey } from '../composite-key.js';
import { type RevocableIdentity, RevocationStore, type RevokedIdentity } from './revocation-store.js';

interface Revocation {
  readonly revoked: RevokedIdentity;
  /** Seconds since the epoch: what was issued until then is revoked. */
  readonly at: number;
}

/** Members that a revocation may have beside its issuer. Which of them it has is its shape. */
const MEMBERS = ['sub', 'tenant', 'client_id', 'sid', 'agent'] as const;
type Member = (typeof MEMBERS)[number];

/** Seconds: a day, the longest lifetime of an access token unless an issuer is configured with a longer one. */
const LONGEST_TOKEN = 86_400;
const CAPACITY = 10_000;

/**
 * A {@link RevocationStore} in the memory of this process. It does NOT survive a restart, and processes do not share it.
 *
 * It looks an identity up by each shape of revocation that it holds, at most 32, however many revocations there are. The same revocation
 * twice is one. When it is full it refuses none and drops none early: it keeps something wider in place of several, a user in place of the
 * sessions of that user, at worst the issuer.
 */
export class MemoryRevocationStore extends RevocationStore {
  readonly #revocations = new Map<string, Revocation>();
  /** How many revocations there are of each shape. */
  readonly #shapes = new Map<string, { readonly members: readonly Member[]; count: number }>();
  readonly #listeners = new Set<(revoked: RevokedIdentity) => void>();
  /** The latest time seen, on the clock or in a token. Everything issued until then is older than the next revocation. */
  #latest = -Infinity;

  /** Seconds: twice the longest lifetime, so that a clock which runs ahead for a while drops nothing early. */
  readonly #kept: number;

  /**
   * @param capacity revocations that are kept at most
   * @param longestToken seconds: the longest `maxLifetime` of an issuer
   */
  constructor(
    private readonly capacity = CAPACITY,
    longestToken = LONGEST_TOKEN,
  ) {
    super();
    this.#kept = 2 * longestToken;
  }

  override async add(revoked: RevokedIdentity, now: number): Promise<void> {
    const at = Math.max(Math.floor(now), this.#latest);
    this.#keep(revoked, at);
    if (this.#revocations.size > this.capacity) this.#dropOld(now);
    while (this.#revocations.size > this.capacity) this.#widen(revoked.issuer);
    for (const listener of [...this.#listeners]) listener(revoked);
  }

  override isRevoked(identity: RevocableIdentity, now: number): boolean {
    this.#latest = Math.max(this.#latest, identity.issuedAt, Math.ceil(now));
    if (!this.#shapes.size) return false;
    for (const { members } of this.#shapes.values()) {
      const found = this.#revocations.get(keyOf(identity, members));
      if (found && identity.issuedAt <= found.at && found.at + this.#kept > now) return true;
    }
    return false;
  }

  override async subscribe(listener: (revoked: RevokedIdentity) => void): Promise<() => Promise<void>> {
    const subscription = (revoked: RevokedIdentity): void => listener(revoked);
    this.#listeners.add(subscription);
    return async () => void this.#listeners.delete(subscription);
  }

  #keep(revoked: RevokedIdentity, at: number): void {
    const members = MEMBERS.filter(member => revoked[member] !== undefined);
    const key = keyOf(revoked, members);
    const known = this.#revocations.get(key);
    if (!known) this.#count(members, 1);
    this.#revocations.set(key, { revoked, at: Math.max(at, known?.at ?? -Infinity) });
  }

  #remove(key: string, { revoked }: Revocation): void {
    this.#revocations.delete(key);
    this.#count(
      MEMBERS.filter(member => revoked[member] !== undefined),
      -1,
    );
  }

  #count(members: readonly Member[], change: number): void {
    const shape = members.join();
    const known = this.#shapes.get(shape) ?? { members, count: 0 };
    known.count += change;
    if (known.count > 0) this.#shapes.set(shape, known);
    else this.#shapes.delete(shape);
  }

  #dropOld(now: number): void {
    for (const [key, one] of this.#revocations) if (one.at + this.#kept <= now) this.#remove(key, one);
  }

  /** Keeps one user in place of the most revocations that concern a single one; where there is no such user, the issuer. */
  #widen(issuer: string): void {
    const users = new Map<string, { readonly wide: RevokedIdentity; count: number }>();
    for (const { revoked } of this.#revocations.values()) {
      if (revoked.sub === undefined) continue;
      const wide = { issuer: revoked.issuer, sub: revoked.sub };
      const user = users.get(keyOf(wide, ['sub'])) ?? { wide, count: 0 };
      user.count++;
      users.set(keyOf(wide, ['sub']), user);
    }
    const [most] = [...users.values()].sort((one, other) => other.count - one.count);
    const wide = most && most.count > 1 ? most.wide : { issuer };
    let at = -Infinity;
    for (const [key, one] of this.#revocations) {
      if (one.revoked.issuer !== wide.issuer || ('sub' in wide && one.revoked.sub !== wide.sub)) continue;
      at = Math.max(at, one.at);
      this.#remove(key, one);
    }
    this.#keep(wide, at);
  }
}

/** The key of an identity for revocations of one shape. A member that the identity lacks is a value of its own. */
function keyOf(identity: Omit<RevocableIdentity, 'issuedAt'> | RevokedIdentity, members: readonly Member[]): string {
  const { agent } = identity;
  return compositeKey(
    members.join(),
    identity.issuer,
    ...members.flatMap(member => (member === 'agent' ? [agent?.issuer, agent?.id] : [identity[member]])),
  );
}
