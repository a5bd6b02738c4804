// Makes the changesets one version of all packages, and a section of CHANGELOG.md: `npm run release:version -- --help`.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import readChangesets from '@changesets/read';
import { nextVersion, releaseChangelog } from './changelog.mjs';
import { disagreements, PACKAGES, readManifests, root } from './packages.mjs';

const HELP = `npm run release:version [-- options]
Writes the next version into the packages, the examples and the lock file, what has changed into CHANGELOG.md, and removes the changesets.
It commits and publishes nothing.

  --plan    says the version and the section, and writes nothing
  --help    this text`;

const { values: options } = parseArgs({ options: { plan: { type: 'boolean' }, help: { type: 'boolean' } } });

if (options.help) console.log(HELP);
else await makeVersion();

async function makeVersion() {
  const changesets = await readChangesets(root);
  const path = join(root, 'CHANGELOG.md');
  const changelog = await readFile(path, 'utf8');
  const manifests = await readManifests();
  const { version: current } = manifests.core;
  const version = nextVersion(current, changelog, changesets);
  const released = releaseChangelog(changelog, changesets, version, new Date().toISOString().slice(0, 10));
  console.log(`${current} → ${version}, by ${changesets.length} changesets`);
  if (options.plan) return;

  for (const folder of Object.keys(PACKAGES)) await rewrite(`libs/${folder}/package.json`, current, version);
  for (const entry of await readdir(join(root, 'examples'), { withFileTypes: true }))
    if (entry.isDirectory()) await rewrite(`examples/${entry.name}/package.json`, current, version);
  await rewrite('package-lock.json', current, version);
  const wrong = disagreements(await readManifests());
  if (wrong.length) throw new Error(wrong.join('\n'));
  await writeFile(path, released);
  for (const { id } of changesets) await rm(join(root, '.changeset', `${id}.md`));
}

/** Changes the version of our packages, and where they name each other. Nothing else of the file changes, not even a space. */
async function rewrite(file, current, version) {
  const path = join(root, file);
  const ours = Object.values(PACKAGES).join('|');
  const named = new RegExp(`("(?:${ours})": "\\^?)${current.replaceAll('.', '\\.')}"`, 'g');
  const own = new RegExp(`("name": "(?:${ours})",\\s*"version": ")${current.replaceAll('.', '\\.')}"`, 'g');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace(named, `$1${version}"`).replace(own, `$1${version}"`));
}
