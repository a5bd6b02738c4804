import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Measured } from '../load/bench-server.js';
import { type Contender } from '../load/rounds.js';
import { type PublicKeys } from '../load/tokens.js';

/** Where the process was started with `--expose-gc`. */
const { gc } = globalThis as { gc?: (options: { type: 'minor' }) => void };

/** What is done again and again in this process, and measured. */
export interface Operation {
  readonly name: string;
  run(): unknown;
  /** How many of it are under way at once. Default 1. */
  readonly inFlight?: number;
}

const BATCH = 16;

/**
 * Repeats an operation and says what one takes of this process's processor time, all threads. `p99Ms` is that of batches, by operation.
 *
 * @param ms after which no batch begins any more
 */
export async function measure(
  { run, inFlight = 1 }: Pick<Operation, 'run' | 'inFlight'>,
  ms: number,
): Promise<Measured> {
  // What the contender before has left behind is not the cost of this one.
  gc?.({ type: 'minor' });
  const times: number[] = [];
  const size = Math.max(BATCH, inFlight);
  const before = process.cpuUsage();
  const started = performance.now();
  let began = started;
  do {
    if (inFlight === 1) for (let i = 0; i < size; i++) await run();
    else await Promise.all(Array.from({ length: size }, run));
    // Otherwise nothing that waits for the event loop would ever run.
    await nextTurn();
    const now = performance.now();
    times.push(now - began);
    began = now;
  } while (began - started < ms);
  const { user, system } = process.cpuUsage(before);
  times.sort((one, other) => one - other);
  const requests = times.length * size;
  return {
    requests,
    seconds: (began - started) / 1000,
    p99Ms: times[Math.floor(times.length * 0.99)]! / size,
    cpuUs: (user + system) / requests,
  };
}

export const contendersOf = (ms: number, operations: readonly Operation[]): Contender[] =>
  operations.map(operation => ({ name: operation.name, measure: () => measure(operation, ms) }));

/** What the contenders of a group are made of. */
export interface Setting {
  readonly keys: PublicKeys;
  /** Of as many users. */
  readonly tokens: readonly string[];
  /** More than the memory of tokens holds: in turn, each is new when it comes. */
  readonly strangers: readonly string[];
  /** An empty folder. */
  readonly folder: string;
  /** Milliseconds of one measurement. */
  readonly ms: number;
}

/** The contenders of a group, which stay ready until they are closed. */
export interface Prepared {
  readonly contenders: readonly Contender[];
  close(): Promise<void>;
}
