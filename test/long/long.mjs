// The tests that take longest: `npm run test:long -- --help`.
import { spawnSync } from 'node:child_process';
import { LONG, PROPERTIES } from './files.mjs';

const HELP = `npm run test:long [-- options of Jest]
Runs the tests that npm test leaves out, since they take long, and those of many cases with all of their cases.

  --quick   the many cases alone
  --help    this text`;

const given = process.argv.slice(2);
if (given.includes('--help')) {
  console.log(HELP);
} else {
  const files = given.includes('--quick') ? PROPERTIES : [...PROPERTIES, ...LONG];
  const options = given.filter(option => option !== '--quick');
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const { status } = spawnSync(process.execPath, [...jest, ...options, ...files], {
    env: { ...process.env, TEST_LONG: '1' },
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
