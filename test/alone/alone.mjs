// Runs every test file by itself, in a process of its own: `npm run test:alone -- --help`.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { listTestFiles, runAlone, sample } from './run.mjs';

const HELP = `npm run test:alone [-- options] [path patterns]
Runs every test file by itself: one process of Jest a file, its tests in a random order.

  --quick       a fixed sample of the files, about a minute on two cores
  --seed <n>    the seed of the order; by default a new one for each run, with --quick always the same
  --json        only one line at the end: { files, failed, failures, seed }
  --help        this text

The exit status is 1 when any file fails.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
    seed: { type: 'string' },
  },
});

if (options.help) {
  console.log(HELP);
} else {
  const seed = Number(options.seed ?? (options.quick ? 2026 : Date.now() % 1_000_000));
  if (!Number.isInteger(seed)) throw new Error('--seed takes a whole number');
  const all = await listTestFiles(positionals);
  const files = options.quick ? sample(all) : all;
  const failures = [];
  const queue = [...files];
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const { passed, output, seconds } = await runAlone(file, seed);
      if (!options.json) console.log(`${passed ? 'passed' : 'FAILED'} ${file} (${seconds.toFixed(1)} s)`);
      if (passed) continue;
      failures.push(file);
      console.error(output);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));

  failures.sort();
  if (options.json) console.log(JSON.stringify({ files: files.length, failed: failures.length, failures, seed }));
  else console.log(`${files.length} files, ${failures.length} failed, seed ${seed}\n${failures.join('\n')}`.trimEnd());
  process.exitCode = failures.length || !files.length ? 1 : 0;
}
