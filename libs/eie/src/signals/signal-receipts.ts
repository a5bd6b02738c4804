import { LRUCache } from 'lru-cache';
import {
  type Clock,
  type Diagnostics,
  EieError,
  type ReplayStore,
  type ReplayVerdict,
  type RevokedIdentity,
} from 'execution-identity';
import { compositeKey, digest, storeFailure, STORE_DEADLINE, withinDeadline } from 'execution-identity/internal';
import { type IdentityRevocation, purgeBySignal } from '../revocation/identity-revocation.service.js';

/** Seconds after it was issued, for which an id is remembered. Later it is seen by what holds. */
const REMEMBERED = 3_600;
const UNSETTLED = 10_000;

/** One verified signal, and what it asks for. */
export interface Receipt {
  /** As the audit log names it: `signal:security_event`. */
  readonly signal: string;
  readonly issuer: string;
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  readonly purges: readonly RevokedIdentity[];
}

/**
 * Acts on a signal once. A signal that comes again may be one that failed before, so what decides is not its id alone: where the purge that it asks for
 * holds already, for everything that was issued until the signal was, nothing is purged again, and a later login goes on. Where it does not hold, it is
 * purged, however often the signal came, also where the store of ids is full.
 */
export class SignalReceipts {
  /** Those whose purge was not confirmed or not recorded here, though it may count in this process already. */
  readonly #unsettled = new LRUCache<string, true>({ max: UNSETTLED });

  constructor(
    private readonly replays: ReplayStore,
    private readonly revocation: IdentityRevocation,
    private readonly clock: Clock,
    private readonly diagnostics: Diagnostics,
  ) {}

  /**
   * @returns `held` when every purge is in the store, `known` when they were before, and nothing was done
   * @throws EieError `signal_unavailable`, `revocation_unavailable`, `revocation_invalid`, `audit_unavailable`
   */
  async settle(receipt: Receipt): Promise<'held' | 'known'> {
    const now = this.#now();
    const id = digest(compositeKey(receipt.signal, receipt.issuer, receipt.jti));
    const verdict = now - receipt.issuedAt < REMEMBERED ? await this.#verdictOf(id, receipt, now) : 'replayed';
    if (verdict !== 'fresh' && !this.#unsettled.has(id) && (await this.#holds(receipt)))
      return verdict === 'full' ? 'held' : 'known';
    // What the store was asked about counts for the purge: the clock of the sender, and of those whose tokens it ends, may be ahead.
    if (receipt.issuedAt > now) await this.#holds(receipt).catch(() => false);
    this.#unsettled.set(id, true);
    await this.#purge(receipt);
    this.#unsettled.delete(id);
    return 'held';
  }

  /** All of them are tried, whichever fails. */
  async #purge({ purges, signal }: Receipt): Promise<void> {
    const failures: unknown[] = [];
    for (const revoked of purges)
      await purgeBySignal(this.revocation, revoked, signal).catch((error: unknown) => failures.push(error));
    if (failures.length) throw failures[0];
  }

  /** `full`: it cannot be remembered, and perhaps it came before. */
  async #verdictOf(id: string, { issuer, issuedAt }: Receipt, now: number): Promise<ReplayVerdict> {
    const expiresAt = Math.ceil(issuedAt) + REMEMBERED;
    try {
      return await withinDeadline(STORE_DEADLINE, () => this.replays.take(id, expiresAt, now, [issuer]));
    } catch (error) {
      this.diagnostics.report({
        level: 'error',
        message: storeFailure('replay store', error, 'signals are refused until it does, and their senders try again'),
      });
      throw new EieError('signal_unavailable');
    }
  }

  async #holds({ purges, issuedAt }: Receipt): Promise<boolean> {
    for (const revoked of purges)
      if (!(await this.revocation.isRevoked({ ...NOBODY, ...revoked, issuedAt }))) return false;
    return true;
  }

  /** Seconds since the epoch. */
  #now(): number {
    return Math.floor(this.clock() / 1000);
  }
}

/** What a purge does not name belongs to nobody: one that names more does not count for it. */
const NOBODY = { sub: '', client_id: '', agent: { issuer: '', id: '' } };
