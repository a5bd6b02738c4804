// Runs npm scripts in lanes beside each other: `node .ci/lanes.mjs lint typecheck,imports`. In a lane each waits for the one before. What a script
// says is shown when it has ended. After one that fails nothing more begins, and the exit status is 1.
import { execFile } from 'node:child_process';

const lanes = process.argv.slice(2).map(names => names.split(','));
let hasFailed = false;

await Promise.all(
  lanes.map(async names => {
    for (const name of names) if (!hasFailed) await run(name);
  }),
);
process.exitCode = hasFailed ? 1 : 0;

function run(name) {
  return new Promise(resolve => {
    execFile('npm', ['run', name], { maxBuffer: 1e8, shell: process.platform === 'win32' }, (error, output, notes) => {
      process.stdout.write(output);
      process.stderr.write(notes);
      hasFailed ||= error !== null;
      resolve();
    });
  });
}
