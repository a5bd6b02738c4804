import { type InputRequiredResult } from '@modelcontextprotocol/client';
import { type AuditEvent } from 'nestjs-eie';
import { type Answer, type Answered } from './agent.js';
import { isRefusal, type RecordedLog, whoAndWhat } from './audit-log.js';
import { outcomeOf } from './calls.js';
import { type ApiRequest } from './observed-shop.js';
import { type People } from './people.js';
import { type ApprovalResult, differences, type Misused } from './result.js';
import { pairs } from './terminal-text.js';

/** Two approvals of the same refund. One is used for that refund, and again; the other one for another amount. */
export interface Approvals {
  shown: string[];
  approved: Answer;
  replayed: Answer;
  substituted: Answer;
}

const TOOL = 'refund_order';
const REFUND = { order_id: 'A-1001', amount: 20 };
const OTHER_AMOUNT = 2000;
const REFUSED = { outcome: 'refused', reason: 'approval_unknown', requests: 0 } as const;
const EXPECTED: Partial<ApprovalResult> = {
  user: 'alice',
  shown: ['Money is paid back for an order.', `Tool: ${TOOL}`, 'order_id: "A-1001"', 'amount: 20'],
  outcome: 'ok',
  audited: true,
  refunds: [20],
};
const IN_ORDER = ['approval.requested ok', 'approval.decided ok', 'execution.intent started', 'execution.outcome ok'];

/** A state is used up by the first call that brings it, so a call with another amount gets an approval that is still good. */
export async function makeApprovals({ agents: { alice } }: People): Promise<Approvals> {
  const { shown, answered } = yes(await alice.question(TOOL, REFUND));
  const approved = await alice.call(TOOL, REFUND, answered);
  const replayed = await alice.call(TOOL, REFUND, answered);
  const unused = yes(await alice.question(TOOL, REFUND)).answered;
  const substituted = await alice.call(TOOL, { ...REFUND, amount: OTHER_AMOUNT }, unused);
  return { shown, approved, replayed, substituted };
}

/** The person at the client reads what is asked, and approves. */
function yes({ inputRequests = {}, requestState = '' }: InputRequiredResult): { shown: string[]; answered: Answered } {
  const shown = Object.values(inputRequests).flatMap(({ method, params }) =>
    method === 'elicitation/create' ? params.message.split('\n') : [],
  );
  const answer = { action: 'accept' as const, content: { approve: true } };
  const inputResponses = Object.fromEntries(Object.keys(inputRequests).map(name => [name, answer]));
  return { shown, answered: { requestState, inputResponses } };
}

/** @param requests of all APIs, as their witnesses reported them: what was refused is not looked for on our own log alone */
export function approvalResult(
  { shown, approved, replayed, substituted }: Approvals,
  auditLog: RecordedLog,
  requests: readonly ApiRequest[],
): ApprovalResult {
  const events = auditLog.of(approved.traceId);
  const id = events.find(({ type }) => type === 'execution.intent')?.approval_id ?? null;
  const misused = ({ traceId, text }: Answer): Misused => ({
    outcome: outcomeOf(auditLog.of(traceId)),
    reason: auditLog.of(traceId).find(isRefusal)?.reason ?? null,
    approval_id: auditLog.of(traceId).find(isRefusal)?.approval_id ?? null,
    requests: requests.filter(({ seen }) => seen.traceId === traceId).length,
    told: text,
  });
  return {
    user: events[0]?.actor_sub ?? null,
    approval_id: id,
    shown,
    outcome: outcomeOf(events),
    audited:
      id !== null && isWholeStory(auditLog.events.filter(event => event.approval_id === id && !isDelegation(event))),
    replayed: misused(replayed),
    substituted: misused(substituted),
    refunds: requests.flatMap(amountOf),
  };
}

/** The calls of APIs name the approval of their execution too. */
const isDelegation = ({ type }: AuditEvent): boolean => type.startsWith('delegation.');

const isWholeStory = (events: AuditEvent[]): boolean =>
  events.map(({ type, outcome }) => `${type} ${outcome}`).join() === IN_ORDER.join() &&
  new Set(events.map(whoAndWhat)).size === 1;

function amountOf({ part, rest }: ApiRequest): number[] {
  const { url, body } = JSON.parse(rest) as { url: string; body: string };
  return part === 'orders-api' && url.endsWith('/refunds') ? [(JSON.parse(body) as { amount: number }).amount] : [];
}

export function approvalDifferences(result: ApprovalResult): string[] {
  const { replayed, substituted } = result;
  return [
    ...differences('approval', { ...EXPECTED }, { ...result }),
    ...differences('approval replayed', REFUSED, { ...replayed }),
    ...differences('approval substituted', REFUSED, { ...substituted }),
    ...differences('approval substituted', { named: true }, { named: substituted.approval_id !== null }),
  ];
}

export function approvalLines({
  user,
  shown,
  outcome,
  audited,
  replayed,
  substituted,
  refunds,
}: ApprovalResult): string {
  const misuse = (name: string, { outcome: how, reason, requests, told }: Misused): [string, string][] => [
    [name, `${how}${reason === null ? '' : `: ${reason}`}; requests to APIs: ${requests}`],
    ['', `the agent is told: ${told}`],
  ];
  return pairs([
    ...shown.map((line, index): [string, string] => [index ? '' : `${user} is shown`, line]),
    ['approved, and called', outcome],
    ['audit log', audited ? 'question, decision, call and its end, under one approval_id' : 'NOT AS IT HAPPENED'],
    ...misuse('the same call again', replayed),
    ...misuse(`approved ${REFUND.amount}, sent ${OTHER_AMOUNT}`, substituted),
    ['the orders API paid', refunds.map(amount => `${amount} EUR`).join(', ') || 'nothing'],
  ]);
}
