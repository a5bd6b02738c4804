import { type AuditEvent } from '../audit/audit-event.js';
import { oneLine } from '../printable.js';
import { type FoundEvent } from './filter.js';

/** What one execution, or one refusal, was: its own records and its calls of APIs. */
interface Act {
  readonly first: FoundEvent;
  outcome: FoundEvent | undefined;
  readonly calls: FoundEvent[];
  /** Whose approvals may have allowed it, by their records. More than one where a process has ended before it could say which did not count. */
  readonly approvers: ReadonlyMap<string, string>;
}

/** Shown acts, and approvals whose call may follow. */
const MAX_ACTS = 500;

/**
 * The story that events tell, as a small tree, each act below who has acted; then one line for each who. The last 500 acts are shown, and all are
 * counted. Events come in the order of their logs.
 */
export class Story {
  /** By envelope, and by the id of the event where there is none. */
  readonly #shown = new Map<string, Act>();
  readonly #leftOut = new Set<string>();
  readonly #counts = new Map<string, number>();
  /** Who has approved, by the approval, then by the record. */
  readonly #approvers = new Map<string, Map<string, string>>();

  /** An outcome belongs to its intent, a call of an API to its execution. A request of the protocol is no act, nor is the start of a process. */
  add(found: FoundEvent): void {
    const { type, envelope_id, intent_id, id } = found.event;
    if (type === 'mcp.request' || type === 'service.started') return;
    if (type === 'authorization.refused' && intent_id !== null && this.#withdraws(found, intent_id)) return;
    if (type === 'approval.decided') this.#noteApprover(found.event);
    const isPart = type.startsWith('delegation.') || type === 'execution.outcome';
    const execution = [envelope_id, intent_id].find(name => name !== null && this.#knows(name));
    if (!isPart || !execution)
      this.#begin((type === 'execution.intent' ? envelope_id : null) ?? id, {
        first: found,
        outcome: undefined,
        calls: [],
        approvers: (type === 'execution.intent' && this.#approvers.get(found.event.approval_id ?? '')) || new Map(),
      });
    else if (type === 'execution.outcome') this.#noteOutcome(execution, found);
    else this.#shown.get(execution)?.calls.push(found);
  }

  /** `undefined` where nothing has happened. */
  text(): string | undefined {
    if (!this.#shown.size) return undefined;
    const acts = [...this.#shown.values()];
    const lines = acts.flatMap((act, i) => [
      ...(headOf(act) === headOf(acts[i - 1]) ? [] : [`${headOf(act)}\n`]),
      ...treeOf(act),
    ]);
    const leftOut = this.#leftOut.size ? [`(${this.#leftOut.size} acts before these are left out)\n`] : [];
    const counts = [...this.#counts].map(
      ([who, count]) => `It was ${who}: ${count} ${count === 1 ? 'act' : 'acts'}.\n`,
    );
    return [...leftOut, ...lines, '\n', ...counts].join('');
  }

  #knows(name: string): boolean {
    return this.#shown.has(name) || this.#leftOut.has(name);
  }

  #noteOutcome(execution: string, outcome: FoundEvent): void {
    const act = this.#shown.get(execution);
    if (act) act.outcome = outcome;
  }

  #noteApprover({ id, approval_id, actor_sub, outcome }: AuditEvent): void {
    if (outcome !== 'ok') return;
    const approvers = this.#approvers.get(approval_id ?? '') ?? new Map<string, string>();
    this.#approvers.set(approval_id ?? '', approvers.set(id, oneLine(actor_sub ?? '?')));
    if (this.#approvers.size > MAX_ACTS) this.#approvers.delete(this.#approvers.keys().next().value!);
  }

  /** The refusal of a decision that did not count is the end of that decision, and may come after the call that another one allowed. */
  #withdraws(refusal: FoundEvent, decision: string): boolean {
    this.#approvers.get(refusal.event.approval_id ?? '')?.delete(decision);
    if (this.#knows(decision)) this.#noteOutcome(decision, refusal);
    return this.#knows(decision);
  }

  #begin(name: string, act: Act): void {
    this.#shown.set(name, act);
    const who = whoOf(act);
    this.#counts.set(who, (this.#counts.get(who) ?? 0) + 1);
    if (this.#shown.size <= MAX_ACTS) return;
    const [oldest] = this.#shown.keys();
    this.#shown.delete(oldest!);
    this.#leftOut.add(oldest!);
  }
}

/** Who, and on which day. */
const headOf = (act: Act | undefined): string | undefined =>
  act && `${act.first.event.time.slice(0, 10)} UTC  ${whoOf(act)}`;

function whoOf({ first }: Act): string {
  const { actor_sub, actor_type, tenant, agent_id } = first.event;
  if (actor_sub === null) return 'somebody who is not identified';
  const user = `${oneLine(actor_sub)}${tenant === null ? '' : ` (${oneLine(tenant)})`}`;
  return actor_type === 'service'
    ? `the service ${user}, for no user`
    : `the agent ${oneLine(agent_id ?? '?')} for the user ${user}`;
}

function treeOf({ first, outcome, calls, approvers }: Act): string[] {
  const { event } = first;
  const { event: end, seq } = outcome ?? first;
  const what = oneLine(event.handler ?? event.type);
  const parts = [
    ...(event.started_by === null ? [] : [`a job, started by execution ${oneLine(event.started_by)}`]),
    ...(approvers.size ? [`approved by ${[...new Set(approvers.values())].join(' or ')}`] : []),
    ...calls.filter(({ event: { type } }) => type !== 'delegation.intent').map(callOf),
  ];
  return [
    `  ${event.time.slice(11, 19)}  ${what.padEnd(28)} ${endOf(end)}${seq === undefined ? '' : `  #${seq}`}\n`,
    ...parts.map((part, i) => `    ${i === parts.length - 1 ? '└─' : '├─'} ${part}\n`),
  ];
}

function callOf({ event: call, seq }: FoundEvent): string {
  const mode = `${call.delegation_mode ?? '-'}${call.delegation_effective ? `, ${call.delegation_effective}` : ''}`;
  return `${oneLine(call.target ?? '?')} as ${mode}  ${endOf(call)}${seq === undefined ? '' : `  #${seq}`}`;
}

function endOf({ type, outcome, reason, duration_ms }: AuditEvent): string {
  if (type === 'approval.requested') return 'waits for an approval';
  if (type === 'approval.decided') return outcome === 'ok' ? 'approved' : 'denied';
  const time = duration_ms === null ? '' : ` ${Math.round(duration_ms)} ms`;
  return `${outcome === 'started' ? 'not ended' : outcome}${reason === null ? '' : `: ${reason}`}${time}`;
}
