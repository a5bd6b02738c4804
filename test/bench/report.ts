import { differences, median, type Round, rounded } from './load/rounds.js';

export interface BenchRow {
  readonly name: string;
  readonly adapter: string;
  /** Microseconds of the server's processor time for a request: the median of the rounds. */
  readonly totalUs: number;
  /** The same, beyond what the base of its group takes: median and range of the paired differences. */
  readonly marginalUs: number;
  readonly range: readonly [number, number];
  /** `marginalUs` over that of the contender that the group is compared with. */
  readonly ratio: number | null;
  readonly rps: number;
  readonly p99Ms: number;
}

export interface BenchGoal {
  readonly goal: string;
  readonly mandatory: boolean;
  /** The most that it may be. */
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
  readonly rows: readonly BenchRow[];
  readonly goals: readonly BenchGoal[];
}

const MAX_DIFFERENCE = 0.1;

export const isValid = (aaTwin: BenchReport['aaTwin']): boolean =>
  Object.values(aaTwin).every(difference => Math.abs(difference) <= MAX_DIFFERENCE);

/** @param measured `undefined` where this run has not measured it: then it is no goal of this run */
export function goalOf(
  goal: string,
  measured: number | undefined,
  { mandatory, bar, reach }: Pick<BenchGoal, 'mandatory' | 'bar' | 'reach'>,
): BenchGoal[] {
  return measured === undefined ? [] : [{ goal, mandatory, bar, reach, measured, met: measured <= bar }];
}

export interface Group {
  readonly adapter: string;
  readonly base: string;
  /** Whose marginal cost is 1. */
  readonly unit: string;
}

/** One row for each contender of a group. */
export function rowsOf(rounds: readonly Round[], { adapter, base, unit }: Group): BenchRow[] {
  const unitUs = median(differences(rounds, unit, base));
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
      ratio: rounded(median(paired) / unitUs, 2),
      rps: Math.round(rps),
      p99Ms: rounded(of('p99Ms'), 2),
    };
  });
}
