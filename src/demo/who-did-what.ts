import { type AuditEvent, type DelegationMode } from 'nestjs-eie';
import { isRefusal, type RecordedLog } from './audit-log.js';
import { paragraph, table } from './terminal-text.js';

const CALLED_AS: Record<DelegationMode, (user: string) => string> = {
  on_behalf_of: user => `${user}, by the server`,
  service_identity: () => 'the server itself',
  restricted_user: user => `${user}, no server named`,
};

/** The answer to "the user or the agent?", from the audit log of the MCP server and nothing else. */
export function whoDidWhat({ events }: RecordedLog): string {
  const proven = events.filter(event => event.actor_sub !== null);
  const traces = new Map(proven.map(({ trace_id }) => [trace_id, proven.filter(event => event.trace_id === trace_id)]));
  const rows = [...traces.values()].map(row);
  const nobody = events.filter(event => event.actor_sub === null && isRefusal(event));
  return [
    table(['on behalf of', 'executed by', 'what, how it ended, and each API as whom'], rows),
    '',
    paragraph(
      `${nobody.length} more refusals name nobody, since nobody was proven: ${nobody.map(({ reason }) => reason).join(', ')}.`,
    ),
  ].join('\n');
}

function row(events: AuditEvent[]): string[] {
  const [{ handler, actor_sub, actor_type, tenant, agent_id }] = events as [AuditEvent];
  const calls = events.filter(({ type }) => type === 'delegation.outcome');
  const refusal = events.find(isRefusal);
  const ending = refusal ?? calls.find(({ outcome }) => outcome !== 'ok') ?? events.at(-1);
  const called = calls.map(
    ({ target, delegation_mode }) => `-> ${target} as ${CALLED_AS[delegation_mode!](String(actor_sub))}`,
  );
  return [
    actor_type === 'service' ? `itself, ${tenant}` : `${actor_sub}, ${tenant}`,
    String(agent_id),
    [`${handler}: ${ending ? endingOf(ending, events) : '-'}`, ...new Set(called)].join('\n'),
  ];
}

function endingOf({ type, outcome, reason }: AuditEvent, events: AuditEvent[]): string {
  if (reason) return `${outcome}: ${reason}`;
  if (type === 'approval.requested') return 'a person is asked';
  const decision = events.find(event => event.type === 'approval.decided');
  return decision ? `${outcome}, approved by ${decision.actor_sub}` : outcome;
}
