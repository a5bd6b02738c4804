import { EieError } from '../errors.js';
import { type EieErrorCode } from '../reasons.js';
import { STORE_DEADLINE, withinDeadline } from './deadline.js';
import { type Diagnostics, storeFailure } from './diagnostics.js';
import { type ShareHolder } from './shares.js';

/**
 * `fresh`: the id was not taken before, and is taken now. Everything else is a refusal. `replayed`: it was taken before.
 * `forgotten`: it may have been taken before. `full`: it cannot be remembered, since its holder has used up its share.
 */
export type ReplayVerdict = 'fresh' | 'replayed' | 'forgotten' | 'full';

/**
 * Remembers what may be used only once (a DPoP proof, RFC 9449 §11.1; a Transaction Token with `jti`) until it has expired
 * by itself. {@link MemoryReplayStore} is the default. Processes that serve the same callers share one store, such as a
 * database: `SET id … NX EX …` is one implementation. `replayStoreConformance` tests a new one.
 */
export abstract class ReplayStore {
  /**
   * Takes an id, in one atomic step: of several calls at the same time exactly one is `fresh`, in all processes together.
   * A rejection is a refusal at the caller.
   *
   * @param id at most 64 characters: a hash, which says what kind of thing it is of
   * @param expiresAt seconds since the epoch: from then on the caller itself refuses what bears the id
   * @param now seconds since the epoch, on the clock of the caller
   * @param holder whose id it is. A store that is bounded must not let one holder use up the room of others: see {@link Shares}
   */
  abstract take(id: string, expiresAt: number, now: number, holder?: ShareHolder): Promise<ReplayVerdict>;
}

/** A store, and where its failures are reported. */
export interface ReplayCheck {
  readonly replays: ReplayStore;
  readonly diagnostics?: Diagnostics;
}

/** What may be used once. */
export interface SingleUse {
  /** A hash: see {@link ReplayStore.take}. */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly holder: ShareHolder;
}

/**
 * Marks an id as used.
 *
 * @param now seconds since the epoch
 * @param refusal the code for an id that was used before, or may have been
 * @param unavailable the code for a store that fails or does not answer within 2 s: that says nothing of the id
 * @throws EieError `refusal`, `unavailable`; `limit_reached` when the holder has used up its share of what can be remembered
 */
export async function assertFirstUse(
  { replays, diagnostics }: ReplayCheck,
  { id, expiresAt, holder }: SingleUse,
  now: number,
  refusal: EieErrorCode,
  unavailable: EieErrorCode,
): Promise<void> {
  let verdict: ReplayVerdict;
  try {
    verdict = await withinDeadline(STORE_DEADLINE, () => replays.take(id, expiresAt, now, holder));
  } catch (error) {
    diagnostics?.report({
      level: 'error',
      message: storeFailure('replay store', error, 'what may be used once is refused until it does'),
    });
    throw new EieError(unavailable);
  }
  if (verdict !== 'fresh') throw new EieError(verdict === 'full' ? 'limit_reached' : refusal);
}
