import { type AuditEvent } from 'nestjs-eie';
import { resource } from '../shop/settings.js';
import { type Answer } from './agent.js';
import { type ObservedShop } from './observed-shop.js';
import { type People } from './people.js';
import { PLANNED_CALLS, type PlannedCall } from './planned-calls.js';
import { type ActClaim, type CallResult, chain, differences, type Downstream } from './result.js';
import { isRefusal, RecordedLog } from './audit-log.js';

export interface MadeCall {
  planned: PlannedCall;
  answer: Answer;
}

/** The calls, one after the other, by the agents of those who make them. */
export async function makeCalls({ agents }: People): Promise<MadeCall[]> {
  const made: MadeCall[] = [];
  for (const planned of PLANNED_CALLS)
    made.push({ planned, answer: await agents[planned.by].call(planned.tool, planned.args) });
  return made;
}

/** The audit logs of those that keep one. */
export type AuditLogs = Record<'mcp-server' | 'delivery-server' | 'orders-api' | 'billing-api', RecordedLog>;

export async function readAuditLogs({ settings }: ObservedShop): Promise<AuditLogs> {
  const read = (part: keyof AuditLogs): Promise<RecordedLog> => RecordedLog.read(settings, part);
  return {
    'mcp-server': await read('mcp-server'),
    'delivery-server': await read('delivery-server'),
    'orders-api': await read('orders-api'),
    'billing-api': await read('billing-api'),
  };
}

/** What became of a call: nothing of it is known from the plan. */
export function callResult({ planned, answer }: MadeCall, auditLogs: AuditLogs, shop: ObservedShop): CallResult {
  const events = auditLogs['mcp-server'].of(answer.traceId);
  const who = events.find(event => event.actor_sub !== null);
  const delegation = events.find(event => event.type.startsWith('delegation.'));
  return {
    tool: who?.handler ?? planned.tool,
    actor_sub: who?.actor_sub ?? null,
    actor_type: who?.actor_type ?? null,
    tenant: who?.tenant ?? null,
    agent_id: who?.agent_id ?? null,
    client_id: who?.client_id ?? null,
    delegation_mode: delegation?.delegation_mode ?? null,
    target: delegation?.target ?? null,
    http: answer.http,
    outcome: outcomeOf(events),
    trace_id: answer.traceId,
    downstream: downstream(answer.traceId, auditLogs, shop),
  };
}

export function outcomeOf(events: AuditEvent[]): CallResult['outcome'] {
  if (events.some(isRefusal)) return 'refused';
  return events.some(({ type, outcome }) => type === 'execution.outcome' && outcome === 'ok') ? 'ok' : 'failed';
}

/** A Txn-Token counts as verified when the API has written down the very envelope that it carries. */
function downstream(traceId: string, auditLogs: AuditLogs, shop: ObservedShop): Downstream | null {
  const seen = shop.requestOf(traceId)?.seen;
  if (!seen?.accessToken) return null;
  const { sub, act, aud, scope } = seen.accessToken.claims as {
    sub: string;
    act?: ActClaim;
    aud: string;
    scope: string;
  };
  const believed = [auditLogs['orders-api'], auditLogs['billing-api']]
    .flatMap(auditLog => auditLog.of(traceId))
    .filter(({ type }) => type === 'execution.intent');
  const txn = seen.txnToken?.claims.txn;
  return {
    sub,
    act: act ?? null,
    aud,
    scope,
    txn_verified: txn !== undefined && believed.some(event => event.envelope_id === txn),
  };
}

export function callDifferences(
  { planned, answer }: MadeCall,
  result: CallResult,
  { settings }: ObservedShop,
): string[] {
  const { downstream: actual, ...call } = result;
  const { api, ...seen } = planned.seen ?? {};
  const what = `${planned.by} ${planned.tool}`;
  return [
    ...differences(
      what,
      { says: planned.says },
      { says: answer.text.includes(planned.says) ? planned.says : answer.text },
    ),
    ...differences(what, { tool: planned.tool, ...planned.expected }, call),
    ...differences(what, { reached: api !== undefined }, { reached: actual !== null }),
    ...(api && actual
      ? differences(
          `${what}, at the API`,
          { ...seen, aud: resource(settings, api) },
          { ...actual, act: chain(actual.act) },
        )
      : []),
  ];
}
