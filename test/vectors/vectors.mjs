import { parseArgs } from 'node:util';
import { CHAPTERS, read, run } from './run.mjs';

const HELP = `npm run vectors [-- options]
Gives the test vectors of the specification to a receiver, and compares what it says with what they expect.

  --json    only one line at the end: { vectors, asExpected }
  --help    this text

The exit status is 1 when one is not answered as expected.`;

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean' } } });
if (options.help) {
  console.log(HELP);
  process.exit();
}
const results = [];
for (const chapter of CHAPTERS) results.push(...(await run(read(chapter))));

const failed = results.filter(({ asExpected }) => !asExpected);
if (options.json) {
  console.log(JSON.stringify({ vectors: results.length, asExpected: results.length - failed.length }));
} else {
  const told = ({ valid, error, identity }) => (valid ? `let in as ${JSON.stringify(identity)}` : `refused: ${error}`);
  for (const { id, title, expected, got } of failed)
    console.log(`${id} (${title}): expected ${told(expected)}, got ${told(got)}`);
  console.log(`${results.length} vectors, ${results.length - failed.length} as expected`);
}
process.exitCode = failed.length || !results.length ? 1 : 0;
