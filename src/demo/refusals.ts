import { type Attack } from './attacks.js';
import { type MadeCall, type AuditLogs } from './calls.js';
import { differences, type RefusalResult } from './result.js';

/** A refusal that was provoked, and what is expected of it. */
export interface Provoked {
  case: string;
  title: string;
  at: Attack['at'];
  expected: { http: number | null; reason: string };
  http: number | null;
  traceId: string;
}

export async function provoke(attacks: Attack[]): Promise<Provoked[]> {
  const provoked: Provoked[] = [];
  for (const { attempt, http, reason, ...attack } of attacks) {
    provoked.push({ ...attack, expected: { http, reason }, ...pick(await attempt()) });
  }
  return provoked;
}

const pick = ({ http, traceId }: { http: number | null; traceId: string }) => ({ http, traceId });

export function refusedCalls(calls: MadeCall[]): Provoked[] {
  return calls.flatMap(({ planned: { refusal, expected }, answer }) =>
    refusal
      ? [
          {
            case: refusal.case,
            title: refusal.title,
            at: 'mcp-server' as const,
            expected: { http: expected.http, reason: refusal.reason },
            ...pick(answer),
          },
        ]
      : [],
  );
}

/** The reason is the audit log's; without a record there is none. */
export function refusalResult({ case: name, at, http, traceId }: Provoked, auditLogs: AuditLogs): RefusalResult {
  const record = auditLogs[at].refusalOf(traceId);
  return { case: name, http, reason: record?.reason ?? 'not recorded', audited: record !== undefined };
}

export const refusalDifferences = ({ case: name, expected }: Provoked, result: RefusalResult): string[] =>
  differences(`refusal ${name}`, { ...expected, audited: true }, { ...result });
