import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from '../pack/run.mjs';

const fixture = fileURLToPath(new URL('tsconfig.fixture.json', import.meta.url));
const suite = fileURLToPath(new URL('suite', import.meta.url));
const modules = join(suite, 'node_modules');
const lockFile = join(suite, 'package-lock.json');
const installed = join(modules, '.installed-lock.json');

export const node22 = join(modules, 'node/bin/node');
export const suiteFolder = join(modules, '@modelcontextprotocol/conformance');

const read = path => readFile(path, 'utf8').catch(() => undefined);

/** Installs the suite and its Node into a folder where they shadow nothing of the project's, unless what the lock file names is there already. */
export async function installSuite() {
  if ((await read(lockFile)) === (await read(installed))) return;
  // A script of the package "node" puts the binary in its place, and who runs this command may have switched scripts off.
  await run('npm', ['ci', '--ignore-scripts=false', '--no-audit', '--no-fund', '--loglevel=error'], suite);
  await copyFile(lockFile, installed);
}

/** Compiles the fixture against the built library. @returns its one function */
export async function buildFixture() {
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', fixture]);
  const { startFixture } = await import(new URL('dist/application.js', import.meta.url));
  return startFixture;
}
