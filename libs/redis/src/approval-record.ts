import { type ApprovalDecision, type RequestedApproval } from 'execution-identity';
import { RedisStoreError } from './redis-store-error.js';

export interface ReadApproval {
  readonly approval: RequestedApproval;
  /** Microseconds since the epoch, on the clock of Redis. */
  readonly at: number;
}

/**
 * An approval as a script answers it: what was asked, when, and the decision.
 *
 * @throws RedisStoreError for anything else: what cannot be read allows nothing
 */
export function readApproval(answer: unknown): ReadApproval {
  const [asked, at, decision] = Array.isArray(answer) ? (answer as unknown[]) : [];
  const approval = parse(asked);
  const decided = decision === '' ? undefined : parse(decision);
  if (!isAsked(approval) || !Number.isFinite(Number(at)) || (decided !== undefined && !isDecision(decided)))
    throw new RedisStoreError('unreadable');
  return { approval: decided ? { ...approval, decision: decided } : approval, at: Number(at) };
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(text as string);
  } catch {
    throw new RedisStoreError('unreadable');
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isTextOrAbsent = (value: unknown): boolean => value === undefined || isText(value);
const has = (value: unknown, ...fields: string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  fields.every(field => Object.hasOwn(value, field) && isText((value as Record<string, unknown>)[field]));

function isAsked(value: unknown): value is RequestedApproval {
  if (!has(value, 'id', 'binding', 'by', 'handler', 'reason')) return false;
  const { by, requester, server, shown, requestedAt, expiresAt, decision } = value as RequestedApproval;
  return (
    ['client', 'self', 'another'].includes(by) &&
    has(requester, 'issuer', 'sub', 'client_id') &&
    isTextOrAbsent(requester.tenant) &&
    isTextOrAbsent(requester.sid) &&
    isTextOrAbsent(server) &&
    Array.isArray(requester.agents) &&
    requester.agents.every(agent => has(agent, 'issuer', 'sub')) &&
    Array.isArray(shown) &&
    shown.every(one => has(one, 'field', 'value')) &&
    Number.isFinite(requestedAt) &&
    Number.isFinite(expiresAt) &&
    decision === undefined
  );
}

function isDecision(value: unknown): value is ApprovalDecision {
  if (!has(value, 'issuer', 'sub')) return false;
  const { approved, at } = value as ApprovalDecision;
  return typeof approved === 'boolean' && Number.isFinite(at);
}
