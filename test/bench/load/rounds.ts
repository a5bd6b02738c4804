import { type Measured } from './bench-server.js';

export interface Contender {
  readonly name: string;
  measure(): Promise<Measured>;
}

/** What a round has measured, by the name of the contender. */
export type Round = ReadonlyMap<string, Measured>;

const AGREE = 0.05;
/** After 5,000 some are still compiled anew: they took a fifth more than after this. */
const MIN_REQUESTS = 30_000;
const MAX_WARM_UPS = 12;
/** A quick run finds gross losses alone. */
const QUICK_WARM_UPS = 6;
const QUICK_MIN_REQUESTS = 10_000;

/** Until three measurements agree within 5 %, and the compiler has seen enough requests; no longer than {@link MAX_WARM_UPS} measurements. */
export async function warmUp({ measure }: Contender, isQuick: boolean): Promise<void> {
  const seen: Measured[] = [];
  let requests = 0;
  const [most, least] = isQuick ? [QUICK_WARM_UPS, QUICK_MIN_REQUESTS] : [MAX_WARM_UPS, MIN_REQUESTS];
  while (seen.length < most) {
    const measured = await measure();
    requests += measured.requests;
    seen.push(measured);
    const last = seen.slice(-3).map(({ cpuUs }) => cpuUs);
    const isSteady = last.length === 3 && Math.max(...last) <= Math.min(...last) * (1 + AGREE);
    if (isSteady && requests >= least) return;
  }
}

/** Each contender once a round, so that what disturbs the machine disturbs all; each round in another order. */
export async function interleave(contenders: readonly Contender[], rounds: number): Promise<Round[]> {
  const all: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const order = contenders.map((_, i) => contenders[(i + round) % contenders.length]!);
    const measured = new Map<string, Measured>();
    for (const { name, measure } of round % 2 ? order.reverse() : order) measured.set(name, await measure());
    all.push(measured);
  }
  return all;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

const inRounds = (rounds: readonly Round[], of: (round: Round) => number): number[] => rounds.map(of);

/** Microseconds that one contender takes more than another, by round. */
export const differences = (rounds: readonly Round[], name: string, base: string): number[] =>
  inRounds(rounds, round => round.get(name)!.cpuUs - round.get(base)!.cpuUs);

export const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits));
