import { type AuditEvent } from 'execution-identity';
import { type TargetCall } from '../targets/target-call.js';
import { type ToolAnswer } from '../app/tool-call.js';

/** One call, and for whom it was made. Its trace id joins what it causes. */
export interface IsolatedCall {
  readonly trace: string;
  readonly sub: string;
  readonly tool: string;
  readonly answer: ToolAnswer;
}

/** By the trace ids of the calls. */
export type IsolatedCalls = ReadonlyMap<string, IsolatedCall>;

/** Answers that name another user, or are none. */
export function crossedAnswers(calls: IsolatedCalls, subs: readonly string[]): string[] {
  return [...calls.values()].flatMap(({ sub, tool, answer }) => {
    if (answer.isError) return [`${tool} fails for ${sub}: ${answer.status} ${answer.text.slice(0, 200)}`];
    const told = JSON.stringify(answer.result);
    const other = subs.find(one => one !== sub && told.includes(one));
    return other === undefined ? [] : [`the answer of ${tool} to ${sub} names ${other}`];
  });
}

/** Records that name another user than the one who has called, and calls that have no intent and outcome of their own. */
export function crossedRecords(calls: IsolatedCalls, subs: readonly string[], events: readonly AuditEvent[]): string[] {
  const wrong = events.flatMap(({ type, actor_sub: actor, trace_id: trace, handler }) => {
    if (actor === null || !subs.includes(actor)) return [];
    const call = calls.get(trace ?? '');
    if (call?.sub === actor) return [];
    return [
      `a record of ${type} of ${handler ?? 'no handler'} names ${actor}, in the call of ${call?.sub ?? 'nobody'}`,
    ];
  });
  const missing = [...calls.values()].flatMap(({ trace, sub, tool }) =>
    (['execution.intent', 'execution.outcome'] as const).flatMap(type => {
      const count = events.filter(
        one => one.type === type && one.trace_id === trace && one.handler === tool && one.actor_sub === sub,
      ).length;
      return count === 1 ? [] : [`${tool} of ${sub} has ${count} records of ${type}, and not 1`];
    }),
  );
  return [...wrong, ...missing];
}

/** Calls of a target for another user than the one whose call has caused them. */
export function crossedTargetCalls(calls: IsolatedCalls, target: string, received: readonly TargetCall[]): string[] {
  return received.flatMap(call => {
    const cause = calls.get(traceOf(call));
    if (call.sub === undefined || !cause || cause.sub === call.sub) return [];
    return [`${target} is called for ${call.sub} in the call of ${cause.sub}`];
  });
}

/** The trace id of a call of a target: W3C Trace Context. */
export const traceOf = ({ headers, identity }: TargetCall): string =>
  /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(String(headers.traceparent))?.[1] ?? identity?.session.trace_id ?? '';
