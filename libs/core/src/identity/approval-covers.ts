import { approvedArguments } from './approval.js';
import { assertEnvelope, type ExecutionIdentityEnvelope } from './execution-identity-envelope.js';

/**
 * Whether the approval of a call is of these arguments: at a service that knows which ones the tool was called with. `false` where the call has
 * no approval, and for arguments that have no canonical JSON, such as a `bigint`. `-0` is `0`, as in RFC 8785. It does NOT say that what the
 * service is asked to do follows from them, nor that the approval has not expired since the call was let in.
 *
 * @param args all arguments of the tool, as the model has sent them, in any order of their members
 * @throws EieError `identity_missing`, `identity_forged`, `identity_of_another_copy`
 * @example if (!approvalCovers(identity, { order: 'A-1001', amount: 120 })) throw new ForbiddenException();
 */
export function approvalCovers(envelope: ExecutionIdentityEnvelope, args: unknown): boolean {
  const { approval } = assertEnvelope(envelope);
  return approval !== undefined && approval.args_digest === approvedArguments(approval.id, args);
}
