import { type Type } from '@nestjs/common';
import { type ApproverKind } from 'execution-identity';
import { type ApprovalPolicy } from '../record/handler-entry.js';
import { addMetadata, metadataOf } from './handler-metadata.js';

const APPROVAL = 'eie:approval';

export interface ApprovalOptions {
  /** One sentence for the approver, and for reviewers: what happens if they say yes. */
  readonly reason: string;
  /**
   * The fields of the input that the approver sees, by their property paths, such as `['order', 'bank.iban']`. Their values are shown, and are
   * never logged. A tool with an input shows at least one field: what is not shown is approved unseen. At a receiver, which asks nobody, it is left out.
   */
  readonly show?: readonly string[];
  /**
   * Who decides. `'client'`, the default: the client of the call asks its user, and its answer proves no more than that the *client* said
   * yes. `'self'`: the same user, through another client, by `ApprovalService`. `'another'`: another user of the same issuer and tenant. At a
   * receiver `'client'` takes an approval of each kind, the other two their own kind alone.
   */
  readonly by?: ApproverKind;
}

/**
 * Each call of this handler runs only after a person has approved it: this call, with these arguments, once. It comes after the identity policy,
 * which the tool needs too. The tool stays listed for clients that cannot ask.
 *
 * A call that is not approved is answered with `approval_required`, `approval_denied`, `approval_unaskable`, `approval_unknown` or
 * `approval_unavailable`, and does not run.
 *
 * On an HTTP handler behind `EieReceiverModule` it asks nobody: it demands that the Txn-Token carries the approval of the caller's call, and the
 * receiver takes each Txn-Token once (`trust.singleUse`). Without one the answer is 403, `approval_required`. It does NOT compare the approved
 * arguments with what the handler is asked to do: see `approvalCovers`.
 *
 * @throws TypeError without a reason, or for another `by`
 * @example @Tool({ name: 'refund' }) @RequireScopes('orders:write') @RequireApproval({ reason: 'Money goes back to the customer.', show: ['order', 'amount'] }) refund(@ToolInput() input: RefundInput) {}
 */
export function RequireApproval({ reason, show = [], by = 'client' }: ApprovalOptions): MethodDecorator {
  if (!reason) throw new TypeError('@RequireApproval() needs a reason: one sentence for the approver.');
  if (!['client', 'self', 'another'].includes(by))
    throw new TypeError("@RequireApproval({ by }) is 'client', 'self' or 'another'.");
  const policy = Object.freeze<ApprovalPolicy>({ reason, show: Object.freeze([...show]), by });
  return (target, method) => addMetadata(APPROVAL, { target, method }, policy);
}

/** What `@RequireApproval()` says about a handler. More than one is a boot error. */
export const approvalsOf = (type: Type, method: string): ApprovalPolicy[] =>
  metadataOf<ApprovalPolicy>(APPROVAL, type, method);
