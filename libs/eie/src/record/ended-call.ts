import { EieError } from 'execution-identity';
import { type ExecutionRecord } from './execution-record.js';

const FIX =
  'Its call has ended, and the identity with it: await in the handler what it starts, such as a listener of an event or a promise. What goes on after the call needs an identity of its own: seal a job for it in the handler (identity.forJob(), docs/jobs.md).';

/**
 * Checks that the call of an identity still runs. More time would change nothing, so the operator is told something else than of an identity that has
 * expired.
 *
 * @throws EieError `identity_expired`
 */
export function assertNotEnded({ hasEnded }: Pick<ExecutionRecord, 'hasEnded'>): void {
  if (hasEnded) throw new EieError('identity_expired', { finding: { fix: FIX } });
}
