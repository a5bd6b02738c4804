import { type AuditEvent } from '../audit/audit-event.js';
import { oneLine } from '../printable.js';
import { type FoundEvent } from './filter.js';
import { type Act, type Count, headOf, textOf, treeOf, whoOf } from './story-text.js';

/** Shown acts, and approvals whose call may follow. */
const MAX_ACTS = 500;

/**
 * The story that events tell, as a small tree, each act below who has acted; then one line for each who. The last 500 acts are shown, and all are
 * counted. Events come in the order of their logs.
 */
export class Story {
  readonly #shown = new Set<Act>();
  #leftOut = 0;
  /** By the record that an outcome names as its intent. Of acts that are left out: until they end. */
  readonly #byRecord = new Map<string, Act>();
  /** The executions of an envelope in one log. A receiver has several where its caller sends one Txn-Token again. */
  readonly #byEnvelope = new Map<string, Act[]>();
  readonly #counts = new Map<string, Count>();
  /** Who has approved, by the approval, then by the record. */
  readonly #approvers = new Map<string, Map<string, string>>();

  /** An outcome belongs to its intent, a call of an API to its execution. A request of the protocol is no act, nor is the start of a process. */
  add(found: FoundEvent): void {
    const { type } = found.event;
    if (type === 'mcp.request' || type === 'service.started') return;
    if (type === 'authorization.refused' && this.#withdraws(found)) return;
    if (type === 'approval.decided') this.#noteApprover(found.event);
    const act = this.#actOf(found);
    if (!act) this.#begin(found);
    else if (type === 'execution.outcome') this.#end(act, found);
    else this.#noteCall(act, found);
  }

  /** `undefined` where nothing has happened. */
  text(): string | undefined {
    if (!this.#shown.size) return undefined;
    const acts = [...this.#shown];
    const isOfSeveral = new Set(acts.map(({ first }) => first.folder)).size > 1;
    const lines = acts.flatMap((act, i) => [
      ...(headOf(act) === headOf(acts[i - 1]) ? [] : [`${headOf(act)}\n`]),
      ...treeOf(act, isOfSeveral),
    ]);
    const leftOut = this.#leftOut ? [`(${this.#leftOut} acts before these are left out)\n`] : [];
    const counts = [...this.#counts].map(([who, count]) => `It was ${who}: ${textOf(count)}.\n`);
    return [...leftOut, ...lines, '\n', ...counts].join('');
  }

  /** The envelope alone does not say it: other services record executions of their own under it. */
  #actOf({ folder, event: { type, handler, envelope_id, intent_id } }: FoundEvent): Act | undefined {
    if (type !== 'execution.outcome' && !type.startsWith('delegation.')) return undefined;
    const named = this.#byRecord.get(`${folder} ${intent_id}`);
    if (named || type === 'execution.outcome') return named;
    const acts = (this.#byEnvelope.get(`${folder} ${envelope_id}`) ?? []).filter(
      ({ first }) => first.event.handler === handler,
    );
    return acts.findLast(({ outcome }) => !outcome) ?? acts.at(-1);
  }

  #end(act: Act, outcome: FoundEvent): void {
    act.outcome = outcome;
    if (!this.#shown.has(act)) this.#forget(act);
  }

  #noteCall(act: Act, call: FoundEvent): void {
    const { type, id, intent_id } = call.event;
    if (type === 'delegation.intent') this.#byRecord.set(`${call.folder} ${id}`, act);
    else this.#byRecord.delete(`${call.folder} ${intent_id}`);
    act.calls.push(call);
  }

  #noteApprover({ id, approval_id, actor_sub, outcome }: AuditEvent): void {
    if (outcome !== 'ok') return;
    const approvers = this.#approvers.get(approval_id ?? '') ?? new Map<string, string>();
    this.#approvers.set(approval_id ?? '', approvers.set(id, oneLine(actor_sub ?? '?')));
    if (this.#approvers.size > MAX_ACTS) this.#approvers.delete(this.#approvers.keys().next().value!);
  }

  /** The refusal of a decision that did not count is the end of that decision, and may come after the call that another one allowed. */
  #withdraws(refusal: FoundEvent): boolean {
    const { approval_id, intent_id } = refusal.event;
    if (intent_id === null) return false;
    this.#approvers.get(approval_id ?? '')?.delete(intent_id);
    const decision = this.#byRecord.get(`${refusal.folder} ${intent_id}`);
    if (decision) this.#end(decision, refusal);
    return decision !== undefined;
  }

  #begin(first: FoundEvent): void {
    const { folder, event } = first;
    const isExecution = event.type === 'execution.intent';
    const approvers = (isExecution && this.#approvers.get(event.approval_id ?? '')) || new Map<string, string>();
    const act: Act = { first, outcome: undefined, calls: [], approvers };
    this.#shown.add(act);
    this.#byRecord.set(`${folder} ${event.id}`, act);
    const envelope = `${folder} ${event.envelope_id}`;
    if (isExecution) this.#byEnvelope.set(envelope, [...(this.#byEnvelope.get(envelope) ?? []), act]);
    this.#count(act);
    if (this.#shown.size > MAX_ACTS) this.#leaveOut();
  }

  #count(act: Act): void {
    const who = whoOf(act);
    const count = this.#counts.get(who) ?? { acts: 0, calls: 0, refusals: 0 };
    this.#counts.set(who, count);
    const { type, outcome } = act.first.event;
    count[outcome === 'refused' ? 'refusals' : type.startsWith('delegation.') ? 'calls' : 'acts'] += 1;
  }

  #leaveOut(): void {
    const [oldest] = this.#shown;
    this.#shown.delete(oldest!);
    this.#leftOut += 1;
    const { first, outcome } = oldest!;
    if (outcome || first.event.outcome !== 'started') this.#forget(oldest!);
  }

  #forget(act: Act): void {
    const { folder, event } = act.first;
    this.#byRecord.delete(`${folder} ${event.id}`);
    for (const { event: call } of act.calls) this.#byRecord.delete(`${folder} ${call.id}`);
    const others = this.#byEnvelope.get(`${folder} ${event.envelope_id}`)?.filter(other => other !== act) ?? [];
    if (others.length) this.#byEnvelope.set(`${folder} ${event.envelope_id}`, others);
    else this.#byEnvelope.delete(`${folder} ${event.envelope_id}`);
  }
}
