import { CASES, LEFT_OUT } from './cases.js';
import { PARENT, TRACE, type TraceCase } from './trace-case.js';
import { type Sent, startParticipant } from './participant.js';

export interface TraceContextReport {
  passed: number;
  of: number;
  leftOut: { case: string; reason: string }[];
}

export const nameOf = ({ section, id }: TraceCase): string => `${section}: ${id}`;

/** Every case that W3C Trace Context level 2 states for a participant, over HTTP through an application that calls a target. */
export async function traceContextReport(): Promise<TraceContextReport> {
  const participant = await startParticipant();
  try {
    let passed = 0;
    for (const one of CASES) if (!problemsOf(one, await participant.send(one)).length) passed++;
    return { passed, of: CASES.length, leftOut: LEFT_OUT.map(one => ({ ...one })) };
  } finally {
    await participant.close();
  }
}

/** What is wrong with what the target was sent, in words. */
export function problemsOf(expected: TraceCase, { requests, traceId: recorded }: Sent): string[] {
  const { trace, calls = 1, tracestate, baggage } = expected;
  const received = /-([0-9a-f]{2})$/.exec(expected.headers[0]?.[1].trim() ?? '')?.[1];
  const flags = expected.flags ?? (trace === 'begun' ? '02' : received);
  const parents = requests.map(({ traceparent }) =>
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent.join()),
  );
  const all = (is: (fields: RegExpExecArray) => boolean): boolean => parents.every(fields => fields && is(fields));
  const checks: Record<string, boolean> = {
    [`the target is called ${calls} times`]: requests.length === calls,
    'each call has one traceparent of version 00': all(() => true),
    'all calls are of one trace, which is the one on the audit log': all(fields => fields[1] === recorded),
    'the trace-id is not all zero': all(fields => !/^0+$/.test(fields[1]!)),
    [`the trace is ${trace}`]: all(fields => (fields[1] === TRACE) === (trace === 'continued')),
    'the parent-id is new and not all zero': all(fields => fields[2] !== PARENT && !/^0+$/.test(fields[2]!)),
    'each call has a parent-id of its own': new Set(parents.map(fields => fields?.[2])).size === calls,
    [`the flags are ${flags}`]: all(fields => fields[3] === flags),
    [`tracestate is ${tracestate}`]: requests.every(sent => isSent(sent.tracestate, tracestate)),
    [`baggage is ${baggage}`]: requests.every(sent => isSent(sent.baggage, baggage)),
  };
  return Object.keys(checks).filter(claim => !checks[claim]);
}

const isSent = (lines: string[], value: string | undefined): boolean =>
  value === undefined ? !lines.length : lines.length === 1 && lines[0] === value;
