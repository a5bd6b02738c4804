import { compositeKey } from '../composite-key.js';
import { EieConfigurationError } from '../errors.js';
import { type RevocableIdentity, type RevokedIdentity } from './revocation-store.js';

/** A revocation and its time. */
export interface DatedRevocation {
  readonly revoked: RevokedIdentity;
  /** Seconds since the epoch: what was issued until then is revoked. */
  readonly at: number;
}

interface Several {
  readonly wide: RevokedIdentity;
  readonly keys: string[];
}

/** Members that a revocation may have beside its issuer. Which of them it has is its shape. */
const MEMBERS = ['sub', 'tenant', 'client_id', 'sid', 'agent'] as const;
type Member = (typeof MEMBERS)[number];

const NO_NUMBERS =
  'A store of revocations needs a capacity that is a whole number, and a longestToken of more than 0 seconds: is a variable of the environment missing?';

/**
 * Revocations by what they name: a look-up by each shape of revocation that there is, at most 32, however many revocations there are. Of the
 * same one twice the later counts.
 *
 * When it is full it refuses none and drops none early: it keeps something wider in place of several, a user in place of the sessions of that
 * user, at worst the issuer. Only the issuer that fills it is widened.
 */
export class KnownRevocations {
  readonly #revocations = new Map<string, DatedRevocation>();
  /** How many revocations there are of each shape. */
  readonly #shapes = new Map<string, { readonly members: readonly Member[]; count: number }>();

  /**
   * @param capacity revocations that are kept at most
   * @param kept seconds for which each of them counts
   * @param widened is told what is kept in place of how many
   * @throws EieConfigurationError for a time or a capacity that is no number: no revocation would count
   */
  constructor(
    private readonly capacity: number,
    private readonly kept: number,
    private readonly widened?: (wide: RevokedIdentity, count: number) => void,
  ) {
    if (!Number.isInteger(capacity) || capacity < 0 || !Number.isFinite(kept) || kept <= 0)
      throw new EieConfigurationError(NO_NUMBERS);
  }

  /** @returns whether it is new, or later than what was known of the same one */
  keep(revoked: RevokedIdentity, at: number, now: number): boolean {
    if (this.#isCovered(revoked, at)) return true;
    const isNew = this.#put(revoked, at);
    if (this.#revocations.size > this.capacity) this.#dropOld(now);
    // Some more than it must, so that the next ones find room without another search.
    const enough = this.capacity - Math.floor(this.capacity / 10);
    if (this.#revocations.size > this.capacity)
      while (this.#revocations.size > enough && this.#widen(revoked.issuer, this.#revocations.size - enough));
    return isNew;
  }

  names(identity: RevocableIdentity, now: number): boolean {
    if (!this.#shapes.size) return false;
    for (const { members } of this.#shapes.values()) {
      const found = this.#revocations.get(keyOf(identity, members));
      if (found && identity.issuedAt <= found.at && found.at + this.kept > now) return true;
    }
    return false;
  }

  /** Those that still count. */
  live(now: number): DatedRevocation[] {
    return [...this.#revocations.values()].filter(({ at }) => at + this.kept > now);
  }

  /** Whether the whole issuer or user is revoked, as late. */
  #isCovered({ issuer, sub, ...narrower }: RevokedIdentity, at: number): boolean {
    const isWithin = (wide: RevokedIdentity): boolean =>
      (this.#revocations.get(revocationKey(wide))?.at ?? -Infinity) >= at;
    const isNarrower = membersOf({ issuer, ...narrower }).length > 0;
    if (sub === undefined) return isNarrower && isWithin({ issuer });
    return isWithin({ issuer }) || (isNarrower && isWithin({ issuer, sub }));
  }

  #put(revoked: RevokedIdentity, at: number): boolean {
    const members = membersOf(revoked);
    const key = keyOf(revoked, members);
    const known = this.#revocations.get(key);
    if (known && known.at >= at) return false;
    if (!known) this.#count(members, 1);
    this.#revocations.set(key, { revoked, at });
    return true;
  }

  #remove(key: string, { revoked }: DatedRevocation): void {
    this.#revocations.delete(key);
    this.#count(membersOf(revoked), -1);
  }

  #count(members: readonly Member[], change: number): void {
    const shape = members.join();
    const known = this.#shapes.get(shape) ?? { members, count: 0 };
    known.count += change;
    if (known.count > 0) this.#shapes.set(shape, known);
    else this.#shapes.delete(shape);
  }

  #dropOld(now: number): void {
    for (const [key, one] of this.#revocations) if (one.at + this.kept <= now) this.#remove(key, one);
  }

  /**
   * Makes room within the issuer that fills it, so that nobody ends identities of another one by that; where there is nothing to put together, within the
   * issuer that has the most.
   *
   * @returns false where there is one revocation of each issuer, and nothing to put together
   */
  #widen(issuer: string, tooMany: number): boolean {
    if (this.#widenWithin(issuer, tooMany)) return true;
    const [fullest] = this.#several(({ issuer: of }) => ({ issuer: of }));
    return fullest !== undefined && this.#widenWithin(fullest.wide.issuer, tooMany);
  }

  /** Keeps one user in place of the most revocations that concern a single one, of as many users as it takes; where there is none, the issuer. */
  #widenWithin(issuer: string, tooMany: number): boolean {
    const users = this.#several(({ issuer: of, sub }) =>
      of === issuer && sub !== undefined ? { issuer, sub } : undefined,
    );
    let freed = 0;
    while (freed < tooMany && users.length) freed += this.#replace(users.shift()!);
    if (freed) return true;
    const [all] = this.#several(({ issuer: of }) => (of === issuer ? { issuer } : undefined));
    return all !== undefined && this.#replace(all) > 0;
  }

  /** Revocations that something wider can stand for, the most first. */
  #several(wider: (revoked: RevokedIdentity) => RevokedIdentity | undefined): Several[] {
    const all = new Map<string, Several>();
    for (const [key, { revoked }] of this.#revocations) {
      const wide = wider(revoked);
      if (!wide) continue;
      const several = all.get(revocationKey(wide)) ?? { wide, keys: [] };
      several.keys.push(key);
      all.set(revocationKey(wide), several);
    }
    return [...all.values()]
      .filter(({ keys }) => keys.length > 1)
      .sort((one, other) => other.keys.length - one.keys.length);
  }

  /** @returns how many fewer there are */
  #replace({ wide, keys }: Several): number {
    const before = this.#revocations.size;
    const found = keys.map(key => [key, this.#revocations.get(key)!] as const);
    for (const [key, one] of found) this.#remove(key, one);
    this.#put(wide, Math.max(...found.map(([, { at }]) => at)));
    this.widened?.(wide, keys.length);
    return before - this.#revocations.size;
  }
}

/** Which members a revocation has beside its issuer. */
const membersOf = (revoked: RevokedIdentity): Member[] => MEMBERS.filter(member => revoked[member] !== undefined);

/** One text for a revocation: the same for the same one, whatever the order of its members. */
export const revocationKey = (revoked: RevokedIdentity): string => keyOf(revoked, membersOf(revoked));

/** The key of an identity for revocations of one shape. A member that the identity lacks is a value of its own. */
function keyOf(identity: Omit<RevocableIdentity, 'issuedAt'> | RevokedIdentity, members: readonly Member[]): string {
  const { agent } = identity;
  return compositeKey(
    members.join(),
    identity.issuer,
    ...members.flatMap(member => (member === 'agent' ? [agent?.issuer, agent?.id] : [identity[member]])),
  );
}
