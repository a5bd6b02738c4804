import { execFile } from 'node:child_process';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
/** A file that has not ended after this time fails: it waits for something that never comes. */
const PATIENCE = 300_000;
/** Of all files, every how many-th stands in the sample. */
const EVERY = 15;

/** The test files whose path matches a pattern, all without one; paths from the root, sorted. */
export async function listTestFiles(patterns = []) {
  const { output } = await runJest(['--listTests', '--json', ...(patterns.length ? patterns : ['.'])]);
  return JSON.parse(output)
    .map(path => relative(root, path))
    .sort();
}

export const sample = files => files.filter((_, index) => index % EVERY === 0);

/** Runs one file in a process of its own, as `npm test -- <file>` does, with its tests in the order of the seed. */
export async function runAlone(file, seed) {
  const startedAt = performance.now();
  const { passed, output } = await runJest(['--runInBand', '--randomize', `--seed=${seed}`, '--runTestsByPath', file]);
  return { passed, output, seconds: (performance.now() - startedAt) / 1000 };
}

function runJest(options) {
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [...jest, ...options],
      { cwd: root, maxBuffer: 64 * 1024 * 1024, timeout: PATIENCE, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => resolve({ passed: !error, output: `${stdout}${stderr}` }),
    );
  });
}
