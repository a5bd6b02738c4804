import { crowdIssuer } from '../load/crowd.js';
import { rounded } from '../load/rounds.js';
import { type BenchReport, goalOf, type HeapRow, isValid } from '../report.js';
import { measureSessions } from './sessions.js';
import { count, keptOfRequest, measureUsers, rememberedUser } from './users.js';

const USERS = 100_000;
const FULL = {
  counts: [10_000, USERS],
  requests: [300_000, 1_000_000],
  sessions: [
    { users: 1_000, tools: 1 },
    { users: 1_000, tools: 100 },
  ],
} as const;
const QUICK = { counts: [10_000], requests: [60_000, 120_000], sessions: [{ users: 200, tools: 1 }] } as const;

/** What the library keeps in memory: of a user, of a session, of an open stream, and of a request that has ended. */
export async function benchMemory({ isQuick }: { isQuick: boolean }): Promise<BenchReport> {
  const { counts, requests, sessions } = isQuick ? QUICK : FULL;
  const crowd = crowdIssuer();
  const users = await measureUsers(crowd, counts, requests);
  const rows: HeapRow[] = [...users.rows];
  for (const { users, tools } of sessions) rows.push(...(await measureSessions(crowd, users, tools)));
  const aaTwin = { [rememberedUser(counts[0])]: rounded(users.difference, 3) };
  return { valid: isValid(aaTwin), aaTwin, rows, goals: goals(rows) };
}

function goals(rows: readonly HeapRow[]): BenchReport['goals'] {
  const bytes = (name: string): number | undefined => rows.find(row => row.name === name)?.heapBytes;
  return [
    ...goalOf(`heap bytes per remembered user at ${count(USERS)}`, bytes(rememberedUser(USERS)), {
      mandatory: false,
      bar: 1024,
      reach: 512,
    }),
    ...goalOf('heap bytes kept of a request of a remembered user', bytes(keptOfRequest(USERS, FULL.requests)), {
      mandatory: false,
      bar: 1,
      reach: 0.1,
    }),
  ];
}
