import { compositeKey } from '../composite-key.js';
import { digest } from '../digest.js';
import { EieError } from '../errors.js';
import { shareHolder } from '../identity/principal.js';
import { assertFirstUse, type ReplayCheck } from '../ports/replay-store.js';
import { CLOCK_SKEW } from '../token/clock-skew.js';
import { type OpenedJob } from './job.js';

/**
 * Marks one attempt of an opened job as started. Call it after all other checks, so that a refused job does not use it up.
 *
 * @param attempt counts from 1
 * @param check the store; all workers of a queue share it
 * @param now seconds since the epoch
 * @throws EieError `job_replayed` for an attempt that was started before, or may have been, and for one beyond those that were sealed;
 * `job_unavailable` when the store does not answer; `limit_reached`
 */
export async function useAttempt(
  { id, issuer, attempts, expiresAt, ...job }: OpenedJob,
  attempt: number,
  check: ReplayCheck,
  now: number,
): Promise<void> {
  if (!Number.isSafeInteger(attempt) || attempt < 1)
    throw new EieError('job_replayed', { finding: { claim: 'attempt', fix: NO_ATTEMPT } });
  if (attempt > attempts) throw new EieError('job_replayed');
  const use = digest(compositeKey('job', issuer, id, String(attempt)));
  // The clock of the store, and that of another worker, may be apart from ours.
  const until = expiresAt + 2 * CLOCK_SKEW.sealedJob;
  await assertFirstUse(
    check,
    { id: use, expiresAt: until, holder: shareHolder(job) },
    now,
    'job_replayed',
    'job_unavailable',
  );
}

const NO_ATTEMPT =
  'Hand on which start of the job this is, as a whole number from 1. What counts retries from 0 adds one, and what counts nothing, such as a message that is sent once, says 1.';
