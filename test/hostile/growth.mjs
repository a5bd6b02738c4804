import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * So that the time of a parser is its own, and not that of memory it has to ask for: room for all its garbage, no work in
 * other threads, and (with glibc) no memory given back in between.
 */
const execArgv = ['--single-threaded', '--min-semi-space-size=256', '--max-semi-space-size=256'];
const env = {
  ...process.env,
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: '1000000000',
  MALLOC_TOP_PAD_: '67108864',
};

/** For every parser, the input on which its time grows most with the length, measured in a process of its own. */
export async function measureParsers(quick) {
  const child = fork(fileURLToPath(new URL('growth/process.mjs', import.meta.url)), quick ? ['--quick'] : [], {
    execArgv,
    env,
  });
  const died = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`the measuring process ended with code ${code}`)),
  );
  died.catch(() => undefined);
  const [growth] = await Promise.race([once(child, 'message'), died]);
  return growth;
}

export const isLinear = growth => growth.every(({ worstRatio, most }) => worstRatio <= most);
