import { type BenchRow, type Group, isSame, rowsOf, twinOf } from '../report.js';
import { BenchServer, type Measured } from './bench-server.js';
import { interleave, type Round, warmUp } from './rounds.js';

/** Milliseconds before a measurement, which do not count: others have had the caches of the processor since. */
const LEAD_IN = 100;

export interface GroupMember {
  readonly name: string;
  /** What its server is told. */
  readonly about: object;
  /** The bytes of the next request. */
  readonly next: () => Buffer;
  /** What is done with its server before it warms up. */
  prepare?(server: BenchServer): Promise<unknown>;
}

export interface Measuring {
  readonly connections: number;
  /** How often the servers are started. Default 1. */
  readonly starts?: number;
  /** For each start. */
  readonly rounds: number;
  /** Milliseconds of one measurement. */
  readonly ms: number;
  readonly isQuick: boolean;
}

export interface MeasuredGroup {
  readonly rows: readonly BenchRow[];
  readonly aaTwin: number;
}

/** Once more where what is the same was not measured the same. A quick run says nothing of such a group. */
export async function measuredTwice(measure: () => Promise<MeasuredGroup>, isQuick: boolean): Promise<MeasuredGroup> {
  const measured = await measure();
  return isQuick || isSame(measured.aaTwin) ? measured : measure();
}

/**
 * Measures contenders in one run, each in a server of its own that nothing else runs in. Where there are several `starts`, each start of the servers
 * measures all rounds anew: a process keeps for its life what its compiler has made of it.
 */
export function measureGroup(
  group: Group,
  program: URL,
  members: readonly GroupMember[],
  measuring: Measuring,
): Promise<MeasuredGroup> {
  return measuredTwice(async () => {
    const measured: Round[] = [];
    for (let start = 0; start < (measuring.starts ?? 1); start++)
      measured.push(...(await startAndMeasure(program, members, measuring)));
    return { rows: rowsOf(measured, group), aaTwin: twinOf(measured, group) };
  }, measuring.isQuick);
}

async function startAndMeasure(
  program: URL,
  members: readonly GroupMember[],
  { connections, rounds, ms, isQuick }: Measuring,
): Promise<Round[]> {
  const servers: BenchServer[] = [];
  try {
    const started: { readonly name: string; readonly measureFor: (ms: number) => Promise<Measured> }[] = [];
    for (const { name, about, next, prepare } of members) {
      const server = await BenchServer.start(program, about);
      servers.push(server);
      await prepare?.(server);
      started.push({ name, measureFor: ms => server.measure({ connections, ms, next }) });
    }
    for (const { name, measureFor } of started) await warmUp({ name, measure: () => measureFor(ms) }, isQuick);
    const inTurn = started.map(({ name, measureFor }) => ({
      name,
      measure: () => measureFor(LEAD_IN).then(() => measureFor(ms)),
    }));
    return await interleave(inTurn, rounds);
  } finally {
    for (const server of servers) await server.close();
  }
}
