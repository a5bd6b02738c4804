import { randomBytes } from 'node:crypto';
import { type Approval, EieError } from 'execution-identity';
import { shareHolder } from 'execution-identity/internal';
import { type ApprovalCall, bindingOf, requestedApproval } from './approval-call.js';
import { type Approvals, approvalsIn } from './approvals.js';

/** An approval that a call has used up, and what allows the next round of that call. */
export interface KeptApproval {
  readonly used: Approval;
  /** The id of the round in the store: it is used up there, as the approval was. */
  readonly round: string;
}

/**
 * Keeps, in the store, that the call may come back once: its tool asks the user for more. It is an approval of its own there, for this round alone,
 * which nobody decides elsewhere.
 *
 * @throws EieError `approval_unknown` where the approval has expired meanwhile, `approval_unavailable`, `limit_reached`
 */
export async function keepForNextRound(
  approvals: Approvals,
  used: Approval,
  call: ApprovalCall,
): Promise<KeptApproval> {
  const { ask, server, now } = approvalsIn(approvals);
  const at = now();
  if (at >= used.expires_at) throw new EieError('approval_unknown', { approvalId: used.id });
  const round = randomBytes(24).toString('base64url');
  const asked = requestedApproval(ofRound(call), { id: round, server, now: at });
  if (!asked) throw new EieError('input_invalid');
  const expiresAt = Math.min(asked.expiresAt, used.expires_at);
  const kept = await ask(store => store.request({ ...asked, expiresAt }, at, shareHolder(call.identity)));
  if (kept === 'full') throw new EieError('limit_reached');
  const { issuer, sub } = used.approver ?? call.identity.actor;
  const decision = { approved: true, issuer, sub, at: used.approved_at };
  if (!(await ask(store => store.decide(round, decision, at)))) throw new EieError('approval_unavailable');
  return { used, round };
}

/**
 * Uses up the round: of several calls that bring it, in all processes that share the store, one goes on.
 *
 * @throws EieError `approval_unknown` where it was used, has expired, is of another call, or of somebody who was revoked since, or where the tool
 * needs an approval of another kind; `approval_unavailable`, `revocation_unavailable`
 */
export async function takeRound(
  approvals: Approvals,
  { used, round }: KeptApproval,
  call: ApprovalCall,
): Promise<Approval> {
  const { ask, isVoid, now } = approvalsIn(approvals);
  const binding = bindingOf(ofRound(call), round);
  const at = now();
  const isOfTool = used.by === call.policy.by && binding !== undefined;
  const kept = isOfTool ? await ask(store => store.consume(round, binding, at)) : undefined;
  if (kept?.id !== round || kept.binding !== binding || at >= used.expires_at || (await isVoid(kept)))
    throw new EieError('approval_unknown', { approvalId: used.id });
  return used;
}

/** Each round is its own, and shows nobody anything. */
const ofRound = (call: ApprovalCall): ApprovalCall => ({
  ...call,
  policy: { ...call.policy, by: 'client', show: [] },
});
