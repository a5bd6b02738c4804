import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readmeBlock } from '../../pack/application.mjs';
import { block } from './blocks.mjs';

const SPEC = 'src/orders.spec.ts';
const MORE = 'src/more.spec.ts';
const README = 'src/readme/whoami.spec.ts';

/** Writes the tests of the documentation and that of the README, behind what a runner wants imported. */
async function writeTests(folder, imported = '') {
  for (const file of [SPEC, MORE]) await writeFile(join(folder, file), imported + (await block(file)));
  await writeFile(join(folder, README), imported + (await readmeBlock('quickstart test')));
}

/** Seconds that the tests of the documentation take in this project. */
export async function runJest(folder) {
  await writeTests(folder);
  return passesAndFails(folder, 'node', ['node_modules/jest/bin/jest.js']);
}

/** The project as `nest new` leaves it: the preset says what stands in its way. */
export async function runWithNestDefault(folder) {
  const path = join(folder, 'package.json');
  const manifest = await readFile(path, 'utf8');
  const content = JSON.parse(manifest);
  await writeFile(
    path,
    JSON.stringify({ ...content, jest: { ...content.jest, transform: { '^.+\\.(t|j)s$': 'ts-jest' } } }),
  );
  const { code, output, seconds } = await finished(folder, 'node', ['node_modules/jest/bin/jest.js']);
  await writeFile(path, manifest);
  assert.notEqual(code, 0, output);
  assert.match(output, /comes before that of the preset nestjs-eie/, output);
  return seconds;
}

export async function runJestWithEsModules(folder) {
  await writeTests(folder);
  const swc = {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'es6' },
  };
  const config = {
    rootDir: 'src',
    extensionsToTreatAsEsm: ['.ts'],
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
    transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  };
  await writeFile(join(folder, 'jest.config.json'), JSON.stringify({ ...config, rootDir: join(folder, 'src') }));
  return passesAndFails(folder, 'node', [
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    '--config',
    'jest.config.json',
  ]);
}

export async function runVitest(folder) {
  await writeFile(join(folder, 'vitest.config.ts'), await block('vitest.config.ts'));
  await writeTests(folder, "import { afterAll, beforeAll, expect, it } from 'vitest';\n");
  return passesAndFails(folder, 'node', ['node_modules/vitest/vitest.mjs', 'run']);
}

export async function runNodeTest(folder) {
  for (const file of [SPEC, MORE, README]) await rm(join(folder, file), { force: true });
  await writeFile(join(folder, 'src/orders.test.ts'), await block('src/orders.test.ts'));
  const run = async env => {
    const compiled = await finished(folder, 'node', ['node_modules/typescript/bin/tsc', '--project', '.']);
    assert.equal(compiled.code, 0, compiled.output);
    return finished(folder, 'node', ['--test', 'dist/orders.test.js'], env);
  };
  const { code, output, seconds } = await run({ NODE_ENV: 'test' });
  assert.equal(code, 0, output);
  // Node sets no NODE_ENV: the kit must not start then.
  const unset = await run({ NODE_ENV: '' });
  assert.notEqual(unset.code, 0, unset.output);
  assert.match(unset.output, /works only where NODE_ENV is/);
  return seconds;
}

/** A runner that runs nothing would pass, too: with a wrong expectation each of the two must be named as failed. */
async function passesAndFails(folder, command, args) {
  const passed = await finished(folder, command, args);
  assert.equal(passed.code, 0, passed.output);
  const texts = await Promise.all([SPEC, README].map(file => readFile(join(folder, file), 'utf8')));
  const write = change =>
    Promise.all([SPEC, README].map((file, index) => writeFile(join(folder, file), change(texts[index]))));
  await write(text => text.replace('toBe(403)', 'toBe(200)'));
  const { code, output } = await finished(folder, command, args);
  assert.notEqual(code, 0, `a wrong expectation passes\n${output}`);
  for (const file of [SPEC, README]) assert.match(output, new RegExp(`FAIL +${file}`), output);
  await write(text => text);
  return passed.seconds;
}

function finished(cwd, command, args, env = {}) {
  const began = performance.now();
  // As the shell of a team has it: this process may run under a test itself.
  const inherited = { ...process.env };
  for (const name of ['NODE_ENV', 'NODE_OPTIONS']) delete inherited[name];
  return new Promise(resolve => {
    execFile(
      command,
      args,
      { cwd, env: { ...inherited, NO_COLOR: '1', ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({ code: error ? 1 : 0, output: stdout + stderr, seconds: (performance.now() - began) / 1000 }),
    );
  });
}
