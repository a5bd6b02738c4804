import { basename } from 'node:path';
import { type AuditEvent } from '../audit/audit-event.js';
import { oneLine } from '../printable.js';
import { agentsOf } from './agents-of.js';
import { type FoundEvent } from './filter.js';
import { revokedOf } from './revoked-of.js';

/** What one execution, or one refusal, was: its own records and its calls of APIs. */
export interface Act {
  readonly first: FoundEvent;
  outcome: FoundEvent | undefined;
  readonly calls: FoundEvent[];
  /** Whose approvals may have allowed it, by their records. More than one where a process has ended before it could say which did not count. */
  readonly approvers: ReadonlyMap<string, string>;
}

export interface Count {
  acts: number;
  /** Calls of APIs whose execution a filter has left out. */
  calls: number;
  refusals: number;
}

/** Who was refused has not acted. */
export const textOf = ({ acts, calls, refusals }: Count): string =>
  new Intl.ListFormat('en-GB').format([
    ...counted(acts, 'act', 'acts'),
    ...counted(calls, 'call of an API', 'calls of APIs'),
    ...counted(refusals, 'refusal', 'refusals'),
  ]);

const counted = (count: number, one: string, several: string): string[] =>
  count ? [`${count} ${count === 1 ? one : several}`] : [];

/** Who, and on which day. */
export const headOf = (act: Act | undefined): string | undefined =>
  act && `${act.first.event.time.slice(0, 10)} UTC  ${whoOf(act)}`;

export function whoOf({ first }: Act): string {
  const { type, handler, actor_sub, actor_type, tenant } = first.event;
  // Its actor is whose identity has ended, and did nothing.
  if (type === 'identity.revoked') return handler === null ? 'code of the application' : oneLine(handler);
  if (actor_sub === null) return 'somebody who is not identified';
  const agents = agentsOf(first.event);
  const user = `${oneLine(actor_sub)}${tenant === null ? '' : ` (${oneLine(tenant)})`}`;
  return actor_type === 'service'
    ? `the service ${user}, for no user`
    : [...agents.map(id => `the agent ${oneLine(id)}`), `the user ${user}`].join(' for ');
}

export function treeOf({ first, outcome, calls, approvers }: Act, isOfSeveral: boolean): string[] {
  const { event } = first;
  const { event: end, seq } = outcome ?? first;
  const log = isOfSeveral ? ` in ${oneLine(basename(first.folder))}` : '';
  const isRevocation = event.type === 'identity.revoked';
  const what = oneLine(
    `${(!isRevocation && event.handler) || event.type}${event.target === null ? '' : ` -> ${event.target}`}`,
  );
  const parts = [
    ...(isRevocation ? [`ended ${oneLine(revokedOf(event))}`] : []),
    ...(event.started_by === null ? [] : [`a job, started by execution ${oneLine(event.started_by)}`]),
    ...(approvers.size ? [`approved by ${[...new Set(approvers.values())].join(' or ')}`] : []),
    ...calls.filter(({ event: { type } }) => type !== 'delegation.intent').map(callOf),
  ];
  return [
    `  ${event.time.slice(11, 19)}  ${what.padEnd(28)} ${endOf(end)}${seq === undefined ? '' : `  #${seq}${log}`}\n`,
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
