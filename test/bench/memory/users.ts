import { BenchServer } from '../load/bench-server.js';
import { type Crowd } from '../load/crowd.js';
import { type CrowdAbout } from '../load/crowd-app.js';
import { assertNamed, HTTP_CALL, sendOnce } from '../load/crowd-calls.js';
import { inTurn } from '../load/tokens.js';
import { type HeapRow } from '../report.js';
import { heapRow, settledHeap } from './heap.js';

const CROWD_SERVER = new URL('../load/crowd-server.ts', import.meta.url);
const CONNECTIONS = 16;
const CAPACITY = 200_000;
const SMALL_CAPACITY = 2_000;
/** Other users, who come before, so that code is compiled and nothing is done for the first time. */
const STRANGERS = 2_000;
const WARM_UP = 20_000;

export interface UsersMeasured {
  readonly rows: readonly HeapRow[];
  /** How much more one of two equal servers has taken for a user, as a part of it. */
  readonly difference: number;
}

/**
 * @param counts how many users are remembered when the heap is measured, ascending
 * @param requests of all of them together when it is measured again
 */
export async function measureUsers(
  crowd: Crowd,
  counts: readonly number[],
  requests: readonly [number, number],
): Promise<UsersMeasured> {
  const users = counts.at(-1)!;
  const bytes = Array.from({ length: users }, (_, user) => HTTP_CALL.bytes(crowd.token(user)));
  const small = await withServer(crowd, SMALL_CAPACITY, server => settledHeap(server));
  const empty = await withServer(crowd, CAPACITY, server => settledHeap(server));
  const [first] = await withServer(crowd, CAPACITY, server => remember(server, crowd, bytes, counts.slice(0, 1)));
  return withServer(crowd, CAPACITY, async server => {
    const kept = await remember(server, crowd, bytes, counts);
    const next = inTurn(bytes);
    const settled: number[] = [];
    let sent = users;
    for (const until of requests) {
      await server.measure({ connections: CONNECTIONS, ms: Infinity, requests: until - sent, next });
      sent = until;
      settled.push(await settledHeap(server));
    }
    const [earlier, later] = requests;
    const perUser = kept[0]! / counts[0]!;
    return {
      rows: [
        heapRow('server that has answered nobody yet', small),
        heapRow(`room for ${count(CAPACITY)} tokens in an empty memory, all of it`, empty - small),
        ...counts.map((users, i) => heapRow(rememberedUser(users), kept[i]!, users)),
        heapRow(`${rememberedUser(counts[0]!)}, once more`, first!, counts[0]),
        heapRow(keptOfRequest(users, requests), settled[1]! - settled[0]!, later - earlier),
      ],
      difference: first! / counts[0]! / perUser - 1,
    };
  });
}

export const count = (number: number): string => number.toLocaleString('en-US');
export const rememberedUser = (users: number): string => `remembered user, of ${count(users)}`;
export const keptOfRequest = (users: number, [earlier, later]: readonly [number, number]): string =>
  `kept of a request of a remembered user, from ${count(earlier)} to ${count(later)} requests of ${count(users)} users`;

/** @returns bytes more than before, when as many users are remembered */
async function remember(
  server: BenchServer,
  crowd: Crowd,
  bytes: readonly Buffer[],
  counts: readonly number[],
): Promise<number[]> {
  await assertNamed(HTTP_CALL, crowd, server.port);
  const strangers = Array.from({ length: STRANGERS }, (_, i) => HTTP_CALL.bytes(crowd.token(1_000_000 + i)));
  await server.measure({ connections: CONNECTIONS, ms: Infinity, requests: WARM_UP, next: inTurn(strangers) });
  const before = await settledHeap(server, 10);
  const kept: number[] = [];
  let sent = 0;
  for (const users of counts) {
    await sendOnce(server, bytes.slice(sent, users), CONNECTIONS);
    sent = users;
    kept.push((await settledHeap(server)) - before);
  }
  return kept;
}

async function withServer<T>(crowd: Crowd, capacity: number, use: (server: BenchServer) => Promise<T>): Promise<T> {
  const server = await BenchServer.start(CROWD_SERVER, { key: crowd.key, capacity } satisfies CrowdAbout);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}
