import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchServer } from '../load/bench-server.js';
import { rounded } from '../load/rounds.js';
import { type HeapRow } from '../report.js';

const AGREE = 0.001;
const MAX_COLLECTIONS = 20;
/** Milliseconds, in which connections close and what waits for it is let go. */
const PAUSE = 100;

/**
 * Bytes of heap and of buffers outside it, once three collections of garbage have found the same.
 *
 * @param collections at least. The engine drops code that some collections have found unused: before a comparison, it needs about ten
 */
export async function settledHeap(server: BenchServer, collections = 3): Promise<number> {
  const seen: number[] = [];
  while (seen.length < MAX_COLLECTIONS) {
    await sleep(PAUSE);
    seen.push((await server.usage(true)).heap!);
    const last = seen.slice(-3);
    if (seen.length >= collections && Math.max(...last) <= Math.min(...last) * (1 + AGREE)) break;
  }
  return seen.at(-1)!;
}

export const ADAPTER = 'fastify';

/** @param bytes of as many of what the row names */
export const heapRow = (name: string, bytes: number, count = 1): HeapRow => ({
  name,
  adapter: ADAPTER,
  heapBytes: rounded(bytes / count, 2),
});
