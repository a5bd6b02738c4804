import { median } from '../bench/load/rounds.js';

/** What one call of a contender does, and beside which other its cost is put. */
export interface Contender {
  readonly name: string;
  readonly beside?: string;
  readonly run: (call: number) => unknown;
}

export interface Cost {
  readonly name: string;
  /** Microseconds of processor time for a call: what else runs on the machine has no part in it. */
  readonly medianUs: number;
  /** The median of its cost by that of `beside` in the same round. Without one it is 1. */
  readonly ratio: number;
  readonly beside?: string;
}

/** Short rounds in which every contender runs the same calls, one after the other, each round in another order. */
export async function costs(contenders: readonly Contender[], rounds: number, calls: number): Promise<Cost[]> {
  const taken = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round += 1)
    for (let i = 0; i < contenders.length; i += 1) {
      const { name, run } = contenders[(i + round + 1) % contenders.length]!;
      const start = process.cpuUsage();
      for (let call = 0; call < calls; call += 1) await run(call);
      const { user, system } = process.cpuUsage(start);
      // The first round warms up.
      if (round >= 0) taken.get(name)!.push((user + system) / calls);
    }
  return contenders.map(({ name, beside }) => {
    const own = taken.get(name)!;
    const ratios = own.map((us, round) => us / (taken.get(beside ?? name)![round] ?? us));
    const ratio = rounded(median(ratios));
    return { name, medianUs: rounded(median(own)), ratio, ...(beside !== undefined && { beside }) };
  });
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
