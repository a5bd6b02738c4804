import { type AuditEvent } from 'nestjs-eie';
import { type Answer } from '../support/mcp-messages.js';
import { type Seen } from './application.js';

/** Who has sent a call. */
export interface Caller {
  readonly sub: string;
  readonly tenant: string;
}

export interface Judged {
  /** What is wrong, if anything. */
  readonly wrong?: 'changed' | 'crashed' | 'refused a good call' | 'unrecorded';
  readonly ran: boolean;
}

export interface Evidence {
  readonly isHostile: boolean;
  readonly caller: Caller;
  /** `undefined` when nobody answered. */
  readonly answer: Answer | undefined;
  /** What the API saw. */
  readonly seen: readonly Seen[];
  readonly records: readonly AuditEvent[];
}

const AGENT = 'agent-desk-copilot';
const INTERNAL_ERROR = -32603;

/** The detector: it believes the API, the audit log and the answer, and nothing of the library's own word. */
export function judge({ isHostile, caller, answer, seen, records }: Evidence): Judged {
  const ran = seen.length > 0;
  if (!answer || answer.status >= 500 || answer.messages.some(one => one?.error?.code === INTERNAL_ERROR))
    return { wrong: 'crashed', ran };
  const isOther = (sub: string | null, tenant: string | null | undefined): boolean =>
    sub !== caller.sub || tenant !== caller.tenant;
  const others = [
    ...seen.filter(one => isOther(one.sub, one.tenant) || one.agent !== AGENT),
    ...records.filter(one => isOther(one.actor_sub, one.tenant) || one.agent_id !== AGENT),
    ...[...answer.body.matchAll(/acts for ([^"\\]*)/g)].filter(([, sub]) => sub !== caller.sub),
  ];
  if (others.length) return { wrong: 'changed', ran };
  const has = (type: string): boolean => records.some(one => one.type === type);
  if (ran) return has('execution.intent') && has('execution.outcome') ? { ran } : { wrong: 'unrecorded', ran };
  if (!isHostile) return { wrong: 'refused a good call', ran };
  const isRefused = !has('execution.intent') && records.some(one => one.type.endsWith('.refused') && one.reason);
  return isRefused ? { ran } : { wrong: 'unrecorded', ran };
}
