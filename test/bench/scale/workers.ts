import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { BenchServer, endProcess, type Measured, startProcess } from '../load/bench-server.js';
import { type Crowd } from '../load/crowd.js';
import { type CrowdAbout } from '../load/crowd-app.js';
import { assertNamed, HTTP_CALL, sendOnce } from '../load/crowd-calls.js';
import { type Driven } from '../load/drive.js';
import { type MeasuredGroup, type Measuring } from '../load/group.js';
import { interleave, warmUp } from '../load/rounds.js';
import { type Group, rowsOf, twinOf } from '../report.js';
import { type DriverAbout } from './driver-process.js';
import { type WorkerAbout } from './worker-process.js';

const CROWD_SERVER = new URL('../load/crowd-server.ts', import.meta.url);
const WORKER_PROCESS = new URL('./worker-process.ts', import.meta.url);
const DRIVER_PROCESS = new URL('./driver-process.ts', import.meta.url);
const USERS = 1_000;

export const ONE = 'one worker process';
export const TWIN = 'the other worker process, alone';
export const TWO = 'two worker processes at once';

type Work = () => Promise<Measured>;

const groupOf = (adapter: string): Group => ({ adapter, base: ONE, twin: TWIN, unit: ONE, compares: 'totalUs' });
export const PIPELINE = groupOf('fastify, app.inject() within each process');
export const PIPELINE_OF_NEST = groupOf('the same without identity: Nest alone');
export const OVER_HTTP = groupOf('fastify, HTTP, each process and its driver on one processor');

/** The pipeline itself, without a network: two processes, each on a processor of its own, and each of them alone. */
export async function measurePipeline(crowd: Crowd, group: Group, measuring: Measuring): Promise<MeasuredGroup> {
  const about: WorkerAbout = {
    tokens: tokensOf(crowd),
    ...(group === PIPELINE && { crowd: { key: crowd.key, capacity: 2 * USERS } }),
  };
  const children: ChildProcess[] = [];
  try {
    for (const processor of [0, 1]) children.push((await startProcess(WORKER_PROCESS, about, processor))[0]);
    const works = children.map(child => () => asked<Measured>(child, measuring.ms));
    return await measureBoth(group, works, measuring);
  } finally {
    for (const child of children) await endProcess(child);
  }
}

/** Calls over HTTP: two servers, each beside a driver of its own on a processor of its own, and each of them alone. */
export async function measureOverHttp(crowd: Crowd, measuring: Measuring): Promise<MeasuredGroup> {
  const tokens = tokensOf(crowd);
  const about = { key: crowd.key, capacity: 2 * USERS } satisfies CrowdAbout;
  const servers: BenchServer[] = [];
  const drivers: ChildProcess[] = [];
  try {
    const works: Work[] = [];
    for (const processor of [0, 1]) {
      const server = await BenchServer.start(CROWD_SERVER, about, { processor });
      servers.push(server);
      await assertNamed(HTTP_CALL, crowd, server.port);
      await sendOnce(server, tokens.map(HTTP_CALL.bytes), measuring.connections);
      const toDrive: DriverAbout = { port: server.port, connections: measuring.connections, tokens };
      const [driver] = await startProcess(DRIVER_PROCESS, toDrive, processor);
      drivers.push(driver);
      works.push(async () => {
        const before = await server.usage();
        const driven = await asked<Driven>(driver, measuring.ms);
        const after = await server.usage();
        return { ...driven, cpuUs: (after.cpu - before.cpu) / driven.requests };
      });
    }
    return await measureBoth(OVER_HTTP, works, measuring);
  } finally {
    for (const driver of drivers) await endProcess(driver);
    for (const server of servers) await server.close();
  }
}

const tokensOf = (crowd: Crowd): string[] => Array.from({ length: USERS }, (_, user) => crowd.token(user));

async function asked<Said>(child: ChildProcess, ms: number): Promise<Said> {
  const answered = new AbortController();
  const ended = once(child, 'exit', answered).then(([code]) => {
    throw new Error(`A process of the benchmark has ended with code ${code} before it answered.`);
  });
  child.send(ms);
  const [said] = (await Promise.race([once(child, 'message'), ended])) as [Said];
  answered.abort();
  return said;
}

async function measureBoth(
  group: Group,
  works: readonly Work[],
  { rounds, isQuick }: Measuring,
): Promise<MeasuredGroup> {
  const [one, other] = works as [Work, Work];
  const contenders = [
    { name: ONE, measure: one },
    { name: TWIN, measure: other },
    { name: TWO, measure: async () => together(await Promise.all(works.map(work => work()))) },
  ];
  for (const contender of contenders) await warmUp(contender, isQuick);
  const measured = await interleave(contenders, rounds);
  return { rows: rowsOf(measured, group), aaTwin: twinOf(measured, group) };
}

/** Both as one: the requests of both, and what both have used. */
function together(all: readonly Measured[]): Measured {
  const requests = all.reduce((sum, one) => sum + one.requests, 0);
  return {
    requests,
    seconds: Math.max(...all.map(one => one.seconds)),
    p99Ms: Math.max(...all.map(one => one.p99Ms)),
    cpuUs: all.reduce((sum, one) => sum + one.cpuUs * one.requests, 0) / requests,
  };
}
