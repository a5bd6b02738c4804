import { type BenchRow, type Group, isSame, rowsOf, twinOf } from '../report.js';
import { BenchServer } from './bench-server.js';
import { type Contender, interleave, warmUp } from './rounds.js';

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
  readonly rounds: number;
  /** Milliseconds of one measurement. */
  readonly ms: number;
}

export interface MeasuredGroup {
  readonly rows: readonly BenchRow[];
  readonly aaTwin: number;
}

/** Once more where what is the same was not measured the same. */
export async function measuredTwice(measure: () => Promise<MeasuredGroup>): Promise<MeasuredGroup> {
  const measured = await measure();
  return isSame(measured.aaTwin) ? measured : measure();
}

/** Measures contenders in one run, each in a server of its own that nothing else runs in. */
export async function measureGroup(
  group: Group,
  program: URL,
  members: readonly GroupMember[],
  { connections, rounds, ms }: Measuring,
): Promise<MeasuredGroup> {
  const servers: BenchServer[] = [];
  try {
    const contenders: Contender[] = [];
    for (const { name, about, next, prepare } of members) {
      const server = await BenchServer.start(program, about);
      servers.push(server);
      await prepare?.(server);
      contenders.push({ name, measure: () => server.measure({ connections, ms, next }) });
    }
    for (const contender of contenders) await warmUp(contender);
    return await measuredTwice(async () => {
      const measured = await interleave(contenders, rounds);
      return { rows: rowsOf(measured, group), aaTwin: twinOf(measured, group) };
    });
  } finally {
    for (const server of servers) await server.close();
  }
}
