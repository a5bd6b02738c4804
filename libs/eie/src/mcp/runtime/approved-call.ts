import {
  type ClientCapabilities,
  inputRequired,
  type InputRequiredResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { type Approval, EieError, type RequestedApproval } from 'execution-identity';
import { type ApprovalCall } from '../../approvals/approval-call.js';
import { type KeptApproval, keepForNextRound, takeRound } from '../../approvals/approval-rounds.js';
import { type Approvals, approvalsIn } from '../../approvals/approvals.js';
import { type Authorizer } from '../../authorization/authorizer.js';
import { type RequestStates } from '../protocol/request-states.js';
import { type McpRequest } from '../protocol/mcp-request.js';
import { isOfAnotherCall, remembered } from './mcp-call.js';
import { type McpEntry } from './mcp-entry.js';

/** What a call that needs an approval may do: run with the one that it has used up, or be answered with a question to its user. */
export interface Approved {
  readonly approval?: Approval;
  /** Keeps the approval for the next round of the call, if its tool asks for more. */
  readonly keep?: () => Promise<KeptApproval>;
  readonly question?: InputRequiredResult;
}

/** Of a tool that needs none. */
export const NOT_NEEDED: Approved = {};

/** A call whose tool needs an approval. Its input is valid. */
interface AskedCall {
  readonly entry: McpEntry;
  readonly request: McpRequest;
  /** As the model has sent them. */
  readonly args: unknown;
  /** What the tool gets of them. */
  readonly input: unknown;
}

interface Parts {
  readonly approvals: Approvals;
  readonly authorizer: Authorizer;
  readonly states: RequestStates;
  /** Its identifier and its path. */
  readonly route: string;
  readonly clientCapabilities: ClientCapabilities;
  /** Which call it is, for the state that the client brings back. */
  readonly about: () => string;
}

/** The name of the question, and of the field that the user sets. */
const APPROVE = 'approve';

/**
 * Uses up the approval of a call before anything of it runs, or asks for one. Where the process ends in between, the call has not run and the
 * approval is gone.
 *
 * @throws EieError `approval_required`, `approval_denied`, `approval_unaskable`, `approval_unknown`, `approval_unavailable`, `limit_reached`,
 * `input_invalid`, `request_state_unavailable`, each on the audit log; `audit_unavailable`
 */
export async function approved(asked: AskedCall, context: ServerContext, parts: Parts): Promise<Approved> {
  const call = approvalCall(asked, parts.route);
  try {
    const known = remembered(context)?.approval;
    // A further round of a call that has used its approval up: the tool itself has asked for more.
    if (known && 'used' in known) return usedUp(await takeRound(parts.approvals, known, call), call, parts);
    return call.policy.by === 'client'
      ? await throughClient(call, context, parts, known?.asked)
      : usedUp(await outOfBand(call, parts), call, parts);
  } catch (error) {
    if (error instanceof RecordedRefusal) throw error.refusal;
    if (!(error instanceof EieError)) throw error;
    return parts.authorizer.refuse(error, call.identity, { handlerName: call.handler, traceId: call.traceId });
  }
}

/** The refusal of a call that brings the approval of another one. */
export function approvalOfAnotherCall(about: () => string, context: ServerContext): EieError | undefined {
  const approval = isOfAnotherCall(about, context) ? remembered(context)?.approval : undefined;
  return (
    approval && new EieError('approval_unknown', { approvalId: 'used' in approval ? approval.used.id : approval.asked })
  );
}

function approvalCall({ entry, request, args, input }: AskedCall, route: string): ApprovalCall {
  const { record, traceId } = request;
  const policy = entry.entry.approval!;
  return { identity: record.admitted, policy, route, handler: entry.handlerName, args, input, traceId };
}

/** The record of the question, or of the decision, says it already. */
class RecordedRefusal extends Error {
  constructor(readonly refusal: EieError) {
    super(refusal.code);
  }
}

async function throughClient(
  call: ApprovalCall,
  context: ServerContext,
  parts: Parts,
  asked: string | undefined,
): Promise<Approved> {
  const { find, request, decide, consume } = approvalsIn(parts.approvals);
  if (asked === undefined) {
    if (!asksByForm(parts.clientCapabilities)) throw new EieError('approval_unaskable');
    const { approval } = await request(call);
    const state = await parts.states.mint({ about: parts.about(), approval: { asked: approval.id } }, context);
    return { question: inputRequired({ inputRequests: { [APPROVE]: questionOf(approval) }, requestState: state }) };
  }
  const approval = await find(asked);
  if (approval?.by !== 'client' || approval.decision) throw new EieError('approval_unknown', { approvalId: asked });
  const isApproved = saysYes(context.mcpReq.inputResponses?.[APPROVE]);
  const uncounted = await decide(approval, { approved: isApproved, by: call.identity, traceId: call.traceId });
  if (uncounted) throw new RecordedRefusal(uncounted);
  if (!isApproved) throw new RecordedRefusal(new EieError('approval_denied', { approvalId: asked }));
  return usedUp(await consume(asked, call), call, parts);
}

async function outOfBand(call: ApprovalCall, { approvals }: Parts): Promise<Approval> {
  const { request, consume } = approvalsIn(approvals);
  const { approval, isNew } = await request(call);
  const about = { approvalId: approval.id };
  if (isNew) throw new RecordedRefusal(new EieError('approval_required', about));
  if (!approval.decision) throw new EieError('approval_required', about);
  if (!approval.decision.approved) throw new EieError('approval_denied', about);
  return consume(approval.id, call);
}

const usedUp = (approval: Approval, call: ApprovalCall, { approvals }: Parts): Approved => ({
  approval,
  keep: () => keepForNextRound(approvals, approval, call),
});

/** An empty object means by form (MCP 2025-11-25 and 2026-07-28, elicitation capability). */
function asksByForm({ elicitation }: ClientCapabilities): boolean {
  return elicitation !== undefined && ('form' in elicitation || !('url' in elicitation));
}

/** One line for each value, so that no value can look like another one. */
const questionOf = ({ handler, reason, shown }: RequestedApproval) =>
  inputRequired.elicit({
    message: [reason, `Tool: ${handler}`, ...shown.map(({ field, value }) => `${field}: ${value}`)].join('\n'),
    requestedSchema: {
      type: 'object',
      properties: { [APPROVE]: { type: 'boolean', title: 'Approve', description: 'Whether this call may run, once.' } },
      required: [APPROVE],
    },
  });

function saysYes(answer: unknown): boolean {
  const { action, content } = (answer ?? {}) as { action?: unknown; content?: Record<string, unknown> | null };
  return action === 'accept' && content?.[APPROVE] === true;
}
