import { type AuditEvent } from '../audit/audit-event.js';
import { oneLine } from '../printable.js';
import { type FoundEvent } from './filter.js';

/** What one execution, or one refusal, was: its own records and its calls of APIs. */
interface Act {
  readonly first: FoundEvent;
  outcome: AuditEvent | undefined;
  readonly calls: FoundEvent[];
}

/** Shown acts. */
const MAX_ACTS = 500;

/** The story that events tell, as a small tree, each act below who has acted; then one line for each who. */
export function story(events: readonly FoundEvent[]): string {
  const acts = actsOf([...events].sort((one, other) => (one.event.time < other.event.time ? -1 : 1)));
  const shown = acts.slice(-MAX_ACTS);
  const lines = shown.flatMap((act, i) => [
    ...(headOf(act) === headOf(shown[i - 1]) ? [] : [`${headOf(act)}\n`]),
    ...treeOf(act),
  ]);
  const leftOut =
    acts.length > shown.length ? [`(${acts.length - shown.length} acts before these are left out)\n`] : [];
  return [...leftOut, ...lines, '\n', ...summary(acts)].join('');
}

/** An outcome belongs to its intent, a call of an API to its execution. A request of the protocol is no act. */
function actsOf(events: readonly FoundEvent[]): Act[] {
  const acts = new Map<string, Act>();
  for (const found of events) {
    const { type, envelope_id, intent_id, id } = found.event;
    const execution = envelope_id === null ? undefined : acts.get(envelope_id);
    if (type.startsWith('delegation.') && execution) execution.calls.push(found);
    else if (type === 'execution.outcome' && execution) execution.outcome = found.event;
    else if (type === 'execution.outcome' && intent_id && acts.has(intent_id))
      acts.get(intent_id)!.outcome = found.event;
    else if (type !== 'mcp.request')
      acts.set((type === 'execution.intent' ? envelope_id : null) ?? id, {
        first: found,
        outcome: undefined,
        calls: [],
      });
  }
  return [...acts.values()];
}

/** Who, and on which day. */
const headOf = (act: Act | undefined): string | undefined =>
  act && `${act.first.event.time.slice(0, 10)}  ${whoOf(act)}`;

function whoOf(act: Act | undefined): string | undefined {
  if (!act) return undefined;
  const { actor_sub, actor_type, tenant, agent_id } = act.first.event;
  if (actor_sub === null) return 'somebody who is not identified';
  const user = `${oneLine(actor_sub)}${tenant === null ? '' : ` (${oneLine(tenant)})`}`;
  return actor_type === 'service'
    ? `the service ${user}, for no user`
    : `the agent ${oneLine(agent_id ?? '?')} for the user ${user}`;
}

function treeOf({ first, outcome, calls }: Act): string[] {
  const { event, seq } = first;
  const what = oneLine(event.handler ?? event.type);
  const calls_ = calls.filter(({ event: { type } }) => type !== 'delegation.intent');
  return [
    `  ${event.time.slice(11, 19)}  ${what.padEnd(28)} ${endOf(outcome ?? event)}${seq === undefined ? '' : `  #${seq}`}\n`,
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

function summary(acts: readonly Act[]): string[] {
  const counts = new Map<string, number>();
  for (const act of acts) counts.set(whoOf(act)!, (counts.get(whoOf(act)!) ?? 0) + 1);
  return [...counts].map(([who, count]) => `It was ${who}: ${count} ${count === 1 ? 'act' : 'acts'}.\n`);
}
