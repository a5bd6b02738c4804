import { type HealthState } from './recent-failures.js';

/** Whose identity ends: everything that is given must match. */
export interface RevokedIdentity {
  readonly issuer: string;
  readonly sub?: string;
  readonly tenant?: string;
  readonly client_id?: string;
  readonly sid?: string;
  /** The outermost agent: every identity of the issuer that acts through it. */
  readonly agent?: { readonly issuer: string; readonly id: string };
}

/** What a revocation is compared with. */
export interface RevocableIdentity extends Required<Pick<RevokedIdentity, 'issuer' | 'sub' | 'client_id' | 'agent'>> {
  readonly tenant?: string;
  readonly sid?: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
}

/**
 * Who was revoked, and when. {@link MemoryRevocationStore} is the default and counts in one process; processes that serve the
 * same users share a store, such as a database. `revocationStoreConformance` tests a new one.
 *
 * A rejection of `isRevoked` is a refusal at the caller: whether an identity is revoked must be known.
 */
export abstract class RevocationStore {
  /**
   * How the store is, where it knows that by itself: `degraded` while what other processes add does not reach it, though it still answers.
   * Default: `up`, and only its answers count.
   */
  get health(): HealthState {
    return 'up';
  }

  /**
   * Resolves when the revocation counts here and is kept. At every other process it counts within a second. It counts for what was issued until now, and is kept at least as long as an access
   * token may live (a day, or the longest `maxLifetime` of an issuer): what was issued before it is then no longer valid by itself. On a clock that was set back it also
   * counts for everything that `isRevoked` has been asked about before.
   *
   * @param now seconds since the epoch, not rounded
   * A store that is full keeps something wider in place of several revocations: it refuses none, and drops none before its time.
   *
   */
  abstract add(revoked: RevokedIdentity, now: number): Promise<void>;

  /**
   * Whether something was revoked that {@link revokes} this identity, at or after the second in which it was issued.
   *
   * A store that knows it in this process says so without a promise: it is asked several times for each call.
   *
   * @param now seconds since the epoch, not rounded
   */
  abstract isRevoked(identity: RevocableIdentity, now: number): boolean | Promise<boolean>;

  /**
   * Calls `listener` with every revocation from now on, whichever process adds it: caches are cleared and streams ended on it.
   *
   * @returns a function that ends the subscription
   */
  abstract subscribe(listener: (revoked: RevokedIdentity) => void): Promise<() => Promise<void>>;
}

/** Whether a revocation names this identity. Does NOT look at times. */
export function revokes(revoked: RevokedIdentity, identity: Omit<RevocableIdentity, 'issuedAt'>): boolean {
  const { agent } = revoked;
  return (
    (['issuer', 'sub', 'tenant', 'client_id', 'sid'] as const).every(
      field => revoked[field] === undefined || revoked[field] === identity[field],
    ) &&
    (agent === undefined || (agent.issuer === identity.agent.issuer && agent.id === identity.agent.id))
  );
}
