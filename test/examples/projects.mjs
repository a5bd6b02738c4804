import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { root, run } from '../pack/run.mjs';

const FOLDER = join(root, 'examples');
/** What is made by running an example, and is none of it. */
const MADE = ['node_modules', 'dist', '.env', 'eie-audit'];

/** Each example with its manifest, and the Nest that it is for. */
export async function readExamples() {
  const entries = await readdir(FOLDER, { withFileTypes: true });
  return Promise.all(
    entries
      .filter(entry => entry.isDirectory())
      .map(async ({ name }) => {
        const manifest = JSON.parse(await readFile(join(FOLDER, name, 'package.json'), 'utf8'));
        const nest = /\d+/.exec(manifest.dependencies['@nestjs/core'] ?? '12')[0];
        return { name, manifest, nest };
      }),
  );
}

/**
 * One folder for each version of Nest, with the packages of all examples for it, and the examples as a user copies them. The tarballs take the place of the
 * versions that the registry would have.
 *
 * @param without packages that are not needed for what is run
 */
export async function installExamples(scratch, examples, tarballs, without) {
  const packed = { 'execution-identity': `file:${tarballs.core}`, 'nestjs-eie': `file:${tarballs.eie}` };
  const nests = [...new Set(examples.map(({ nest }) => nest))];
  const folders = await Promise.all(
    nests.map(async nest => {
      const folder = join(scratch, `nest-${nest}`);
      const of = examples.filter(one => one.nest === nest);
      const dependencies = { ...commonDependencies(of), ...packed };
      for (const name of without) delete dependencies[name];
      await mkdir(folder);
      const overrides = { 'execution-identity': packed['execution-identity'] };
      await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }));
      await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
      for (const { name } of of) await copy(name, folder);
      return [nest, folder];
    }),
  );
  return Object.fromEntries(folders);
}

/** The examples share a folder, so they must agree about each version: a reader who combines two of them has to, as well. */
function commonDependencies(examples) {
  const common = {};
  for (const { name, manifest } of examples)
    for (const [dependency, range] of Object.entries({ ...manifest.devDependencies, ...manifest.dependencies })) {
      if ((common[dependency] ??= range) !== range)
        throw new Error(`${name} wants ${dependency} ${range}, and another example ${common[dependency]}`);
    }
  return common;
}

const copy = (name, folder) =>
  cp(join(FOLDER, name), join(folder, name), { recursive: true, filter: path => !MADE.includes(basename(path)) });
