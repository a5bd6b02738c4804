// Everything of a release but the release: `npm run release:dry -- --help`.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { packLibraries } from '../test/pack/tarball.mjs';
import { disagreements, PACKAGES, readManifests, root } from './packages.mjs';
import { provenance } from './provenance.mjs';
import { publishDry } from './publishing.mjs';
import { sbomOf } from './sbom.mjs';

const HELP = `npm run release:dry [-- options]
Builds and packs the packages twice and compares the bytes, compares their versions, lets \`npm publish --dry-run\` read each
tarball, and lists what each brings (CycloneDX) and what it was made of (in-toto, not signed). Nothing is published, and
nothing but the registry that npm is configured with is asked.

  --out <folder>   keeps the tarballs, <name>.cdx.json and provenance.json there
  --json           only one line at the end: { packages: [{ name, version, tarball, sha512, files, sbom: { components },
                   reproducible }], problems: [], provenance: { signed, commit, clean, missing } }
  --help           this text

The exit status is 1 when there is a problem.`;

const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, out: { type: 'string' }, help: { type: 'boolean' } },
});

if (options.help) {
  console.log(HELP);
} else {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'nestjs-eie-release-')));
  try {
    const result = await dryRun(scratch);
    if (options.json) console.log(JSON.stringify(result));
    else print(result);
    process.exitCode = result.problems.length ? 1 : 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function dryRun(scratch) {
  const manifests = await readManifests();
  const problems = disagreements(manifests);
  const out = options.out ?? join(scratch, 'out');
  const again = join(scratch, 'again');
  for (const folder of [out, again]) await mkdir(folder, { recursive: true });
  const first = await packLibraries(await realpath(out));
  const second = await packLibraries(again);
  const tarballs = Object.fromEntries(Object.entries(PACKAGES).map(([folder, name]) => [name, first[folder]]));

  const packages = [];
  for (const [folder, name] of Object.entries(PACKAGES)) {
    const bytes = await readFile(first[folder]);
    const reproducible = bytes.equals(await readFile(second[folder]));
    if (!reproducible) problems.push(`${name}: building and packing again gives other bytes`);
    const { files, integrity, warnings } = await publishDry(first[folder], scratch);
    problems.push(...warnings.map(warning => `${name}: ${warning}`));
    if (integrity !== `sha512-${digest('sha512', bytes, 'base64')}`)
      problems.push(`${name}: npm would publish other bytes`);
    const sbom = await sbomOf(name, tarballs, join(scratch, 'sbom', name));
    await writeFile(join(out, `${name}.cdx.json`), JSON.stringify(sbom, undefined, 2));
    const { version } = manifests[folder];
    const sha512 = digest('sha512', bytes, 'hex');
    const components = sbom.components.length;
    packages.push({
      name,
      version,
      tarball: basename(first[folder]),
      sha512,
      files,
      sbom: { components },
      reproducible,
    });
  }

  const source = await sourceOf();
  await writeFile(join(out, 'provenance.json'), JSON.stringify(provenance(packages, source), undefined, 2));
  const missing = ['the identity of a CI workflow'];
  if (Object.values(manifests).some(({ repository }) => !repository))
    missing.push('repository in each package.json, once there is a public address to write there');
  return { packages, problems, provenance: { signed: false, commit: source.commit, clean: source.clean, missing } };
}

async function sourceOf() {
  const said = (command, ...args) => execFileSync(command, args, { cwd: root, encoding: 'utf8' }).trim();
  return {
    commit: said('git', 'rev-parse', 'HEAD'),
    clean: said('git', 'status', '--porcelain') === '',
    lockSha256: digest('sha256', await readFile(join(root, 'package-lock.json')), 'hex'),
    node: process.versions.node,
    npm: said('npm', '--version'),
  };
}

function digest(algorithm, bytes, encoding) {
  return createHash(algorithm).update(bytes).digest(encoding);
}

function print({ packages, problems, provenance: { missing } }) {
  for (const { tarball, files, sbom, reproducible, sha512 } of packages)
    console.log(
      `${tarball}: ${files} files, brings ${sbom.components} packages, ${reproducible ? 'reproducible' : 'NOT reproducible'}, sha512 ${sha512.slice(0, 16)}…`,
    );
  console.log(`The provenance is not signed. \`npm publish --provenance\` needs ${missing.join(', and ')}.`);
  console.log(problems.length ? `Problems:\n${problems.join('\n')}` : 'No problem.');
}
