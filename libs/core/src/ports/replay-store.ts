import { STORE_DEADLINE, withinDeadline } from './deadline.js';
import { type Diagnostics, errorName } from './diagnostics.js';

/**
 * `fresh`: the id was not taken before, and is taken now. Everything else is a refusal. `replayed`: it was taken before.
 * `forgotten`: it may have been taken before. `full`: it cannot be remembered.
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
   */
  abstract take(id: string, expiresAt: number, now: number): Promise<ReplayVerdict>;
}

/** A store, and where its failures are reported. */
export interface ReplayCheck {
  readonly replays: ReplayStore;
  readonly diagnostics?: Diagnostics;
}

/** Whether the id is used for the first time. `false` when the store fails or does not answer within 2 s. */
export async function isFirstUse(
  { replays, diagnostics }: ReplayCheck,
  id: string,
  expiresAt: number,
  now: number,
): Promise<boolean> {
  try {
    return (await withinDeadline(STORE_DEADLINE, () => replays.take(id, expiresAt, now))) === 'fresh';
  } catch (error) {
    diagnostics?.report({
      level: 'error',
      message: `The replay store does not answer (${errorName(error)}): what may be used once is refused until it does.`,
    });
    return false;
  }
}
