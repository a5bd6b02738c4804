import { EieError, type ExecutionIdentityEnvelope } from 'execution-identity';
import { type HandlerEntry } from '../record/handler-entry.js';

const NONE =
  'The Txn-Token carries no approval that counts here: it has none, or the approval has expired. At the caller the tool needs @RequireApproval(), and the target needs carriesApproval: true.';

/**
 * Why a call may not run a handler that demands an approval: it brought none, or one that another kind of person has given. That the approval has
 * not expired, and comes in a Txn-Token that is taken once, is checked where the call is let in.
 */
export function unapproved(
  { approval: demanded }: HandlerEntry,
  { approval }: ExecutionIdentityEnvelope,
): EieError | undefined {
  if (!demanded) return undefined;
  if (!approval) return new EieError('approval_required', { finding: { fix: NONE } });
  // What only proves that a client said yes is less than the word of a person by another client.
  if (demanded.by === 'client' || demanded.by === approval.by) return undefined;
  const fix = `The approval is by "${approval.by}": give the tool of the caller @RequireApproval({ by: "${demanded.by}" }).`;
  return new EieError('approval_required', { approvalId: approval.id, finding: { expected: demanded.by, fix } });
}
