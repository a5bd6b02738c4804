import { type Crowd } from '../load/crowd.js';
import { type BenchServer } from '../load/bench-server.js';
import { type CrowdAbout } from '../load/crowd-app.js';
import { assertNamed, HTTP_CALL, mcpCall, sendOnce } from '../load/crowd-calls.js';
import { type GroupMember, measureGroup, type MeasuredGroup, type Measuring } from '../load/group.js';
import { type Group } from '../report.js';

const CROWD_SERVER = new URL('../load/crowd-server.ts', import.meta.url);
const CAPACITY = 200_000;
/** How many users the others are compared with. */
const FEW = 100;
/** A step through the users, prime to how many there are, so that neighbours do not come one after the other. */
const STEP = 61_403;

export const usersName = (users: number): string => (users === 1 ? '1 user' : `${users.toLocaleString('en-US')} users`);
const TWIN = `${usersName(FEW)}, once more`;

const PROTOCOLS = { HTTP: { call: HTTP_CALL }, MCP: { call: mcpCall(1), tools: 1 } } as const;
export type Protocol = keyof typeof PROTOCOLS;

export const usersGroup = (protocol: Protocol): Group => ({
  adapter: `fastify, ${PROTOCOLS[protocol].call.name}, by users`,
  base: usersName(FEW),
  twin: TWIN,
  unit: usersName(FEW),
  compares: 'totalUs',
});

/** What a call costs where as many users take turns, and the server remembers all of them. Every token has been sent before. */
export function measureUsers(
  crowd: Crowd,
  protocol: Protocol,
  counts: readonly number[],
  measuring: Measuring,
): Promise<MeasuredGroup> {
  const { call, ...route } = PROTOCOLS[protocol];
  const all = Array.from({ length: Math.max(...counts) }, (_, user) => call.bytes(crowd.token(user)));
  const memberOf = (users: number, name = usersName(users)): GroupMember => {
    const requests = all.slice(0, users);
    return {
      name,
      about: { key: crowd.key, capacity: CAPACITY, ...route } satisfies CrowdAbout,
      next: scattered(requests),
      async prepare(server: BenchServer) {
        await assertNamed(call, crowd, server.port);
        await sendOnce(server, requests, measuring.connections);
      },
    };
  };
  const members = [...counts.map(users => memberOf(users)), memberOf(FEW, TWIN)];
  return measureGroup(usersGroup(protocol), CROWD_SERVER, members, measuring);
}

function scattered<T>(values: readonly T[]): () => T {
  let at = 0;
  return () => values[(at = (at + STEP) % values.length)]!;
}
