import { type AuditEvent } from '../audit/audit-event.js';
import { oneLine } from '../printable.js';
import { type FoundEvent } from './filter.js';

/** What one execution, or one refusal, was: its own records and its calls of APIs. */
interface Act {
  readonly first: FoundEvent;
  outcome: FoundEvent | undefined;
  readonly calls: FoundEvent[];
}

/** Shown acts. */
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

  /** An outcome belongs to its intent, a call of an API to its execution. A request of the protocol is no act. */
  add(found: FoundEvent): void {
    const { type, envelope_id, intent_id, id } = found.event;
    if (type === 'mcp.request') return;
    const isPart = type.startsWith('delegation.') || type === 'execution.outcome';
    const execution = [envelope_id, intent_id].find(name => name !== null && this.#knows(name));
    if (!isPart || !execution)
      this.#begin((type === 'execution.intent' ? envelope_id : null) ?? id, {
        first: found,
        outcome: undefined,
        calls: [],
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

function treeOf({ first, outcome, calls }: Act): string[] {
  const { event } = first;
  const { event: end, seq } = outcome ?? first;
  const what = oneLine(event.handler ?? event.type);
  const calls_ = calls.filter(({ event: { type } }) => type !== 'delegation.intent');
  return [
    `  ${event.time.slice(11, 19)}  ${what.padEnd(28)} ${endOf(end)}${seq === undefined ? '' : `  #${seq}`}\n`,
    ...calls_.map(({ event: call, seq: number }, i) => {
      const branch = i === calls_.length - 1 ? '└─' : '├─';
      const mode = `${call.delegation_mode ?? '-'}${call.delegation_effective ? `, ${call.delegation_effective}` : ''}`;
      return `    ${branch} ${oneLine(call.target ?? '?')} as ${mode}  ${endOf(call)}${number === undefined ? '' : `  #${number}`}\n`;
    }),
  ];
}

function endOf({ outcome, reason, duration_ms }: AuditEvent): string {
  const time = duration_ms === null ? '' : ` ${Math.round(duration_ms)} ms`;
  return `${outcome === 'started' ? 'not ended' : outcome}${reason === null ? '' : `: ${reason}`}${time}`;
}
