import { differences, median, type Round, rounded } from './load/rounds.js';

export interface BenchRow {
  readonly name: string;
  readonly adapter: string;
  /** Microseconds of the server's processor time for a request: the median of the rounds. */
  readonly totalUs: number;
  /** The same, beyond what the base of its group takes: median and range of the paired differences. */
  readonly marginalUs: number;
  readonly range: readonly [number, number];
  /** The cost over that of the contender that the group is compared with: `marginalUs` with guards, `totalUs` with MCP. */
  readonly ratio: number;
  readonly rps: number;
  readonly p99Ms: number;
}

/** What is kept in memory. */
export interface HeapRow {
  readonly name: string;
  readonly adapter: string;
  /** Bytes of the heap and of buffers outside it, for one of what the name says. Not what the kernel keeps. */
  readonly heapBytes: number;
}

/** How long something takes that is done once. */
export interface TimeRow {
  readonly name: string;
  readonly adapter: string;
  /** Milliseconds: the median. */
  readonly ms: number;
  readonly range: readonly [number, number];
}

export interface BenchGoal {
  readonly goal: string;
  readonly mandatory: boolean;
  /** The most that it may be; the least, where `reach` is more. */
  readonly bar: number;
  readonly reach: number;
  readonly measured: number;
  readonly met: boolean;
}

export interface BenchReport {
  /** Whether what is measured twice came out the same in every group: within a tenth of it. */
  readonly valid: boolean;
  /** By group: how much the second of two equal contenders took more than the first, as a part of it. */
  readonly aaTwin: Readonly<Record<string, number>>;
  readonly rows: readonly (BenchRow | HeapRow | TimeRow)[];
  readonly goals: readonly BenchGoal[];
}

const MAX_DIFFERENCE = 0.1;

export const isSame = (difference: number): boolean => Math.abs(difference) <= MAX_DIFFERENCE;
export const isValid = (aaTwin: BenchReport['aaTwin']): boolean => Object.values(aaTwin).every(isSame);

/** @param measured `undefined` where this run has not measured it: then it is no goal of this run */
export function goalOf(
  goal: string,
  measured: number | undefined,
  { mandatory, bar, reach }: Pick<BenchGoal, 'mandatory' | 'bar' | 'reach'>,
): BenchGoal[] {
  if (measured === undefined) return [];
  return [{ goal, mandatory, bar, reach, measured, met: reach > bar ? measured >= bar : measured <= bar }];
}

export interface Group {
  readonly adapter: string;
  readonly base: string;
  /** The same as `base`, once more: how far apart two measurements of one thing are. */
  readonly twin: string;
  /** Whose cost is 1, and which cost: the whole of a request, or what it takes more than `base`. */
  readonly unit: string;
  readonly compares: 'totalUs' | 'marginalUs';
}

/** One row for each contender of a group. */
export function rowsOf(rounds: readonly Round[], { adapter, base, unit, compares }: Group): BenchRow[] {
  const costs = (name: string): number[] =>
    compares === 'totalUs' ? rounds.map(round => round.get(name)!.cpuUs) : differences(rounds, name, base);
  const unitUs = median(costs(unit));
  return [...rounds[0]!.keys()].map(name => {
    const paired = differences(rounds, name, base);
    const of = (member: 'cpuUs' | 'p99Ms') => median(rounds.map(round => round.get(name)![member]));
    const rps = median(rounds.map(round => round.get(name)!.requests / round.get(name)!.seconds));
    return {
      name,
      adapter,
      totalUs: rounded(of('cpuUs')),
      marginalUs: rounded(median(paired)),
      range: [rounded(Math.min(...paired)), rounded(Math.max(...paired))],
      ratio: rounded(median(costs(name)) / unitUs, 2),
      rps: Math.round(rps),
      p99Ms: rounded(of('p99Ms'), 2),
    };
  });
}

/** How much the twin took more than the base, as a part of it. */
export function twinOf(rounds: readonly Round[], { base, twin }: Group): number {
  const [one, other] = [base, twin].map(name => median(rounds.map(round => round.get(name)!.cpuUs)));
  return rounded(other! / one! - 1, 3);
}

/** The reports of several parts as one. */
export const joined = (reports: readonly BenchReport[]): BenchReport => ({
  valid: reports.every(({ valid }) => valid),
  aaTwin: Object.assign({}, ...reports.map(({ aaTwin }) => aaTwin)) as BenchReport['aaTwin'],
  rows: reports.flatMap(({ rows }) => rows),
  goals: reports.flatMap(({ goals }) => goals),
});
