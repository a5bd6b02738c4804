import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const KINDS = ['dependencies', 'peerDependencies'];

/**
 * What a package brings, as CycloneDX by `npm sbom`, from its tarball alone. Peers come from the application: they are not in it,
 * and neither is anything of this workspace. `tarballs` has the paths of all packages by their names.
 */
export async function sbomOf(name, tarballs, folder) {
  await mkdir(folder, { recursive: true });
  await run('tar', ['-xzf', tarballs[name], '--strip-components=1', '-C', folder]);
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  // The registry does not have them yet.
  const files = Object.fromEntries(Object.entries(tarballs).map(([other, tarball]) => [other, `file:${tarball}`]));
  for (const kind of KINDS)
    for (const other of Object.keys(manifest[kind] ?? {})) if (files[other]) manifest[kind][other] = files[other];
  manifest.overrides = { 'execution-identity': files['execution-identity'] };
  await writeFile(path, JSON.stringify(manifest));
  const npm = args => run('npm', args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  await npm(['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  const { stdout } = await npm(['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=library']);
  const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8'));
  return onlyRuntime(JSON.parse(stdout), runtimeOf(lock));
}

/**
 * The packages that a lock file's root needs to run, as `name@version`. `npm sbom --omit=peer` would not do: it leaves out what is a
 * dependency and somebody's peer as well, such as passport.
 */
export function runtimeOf({ packages }) {
  const found = new Map();
  const queue = [''];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    const { dependencies = {}, optionalDependencies = {} } = packages[at];
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const place = placeOf(name, at, packages);
      if (place === undefined) {
        if (name in optionalDependencies) continue;
        throw new Error(`the lock file has no ${name}, which ${at || 'the package'} needs`);
      }
      if (found.has(place)) continue;
      found.set(place, `${packages[place].name ?? name}@${packages[place].version}`);
      queue.push(place);
    }
  }
  return new Set(found.values());
}

/** Where a package finds another one: below itself, or below the folders above it. */
function placeOf(name, from, packages) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const place = `${folder && `${folder}/`}node_modules/${name}`;
    if (place in packages) return place;
    if (folder === '') return undefined;
  }
}

function onlyRuntime(sbom, runtime) {
  const refs = new Set([sbom.metadata.component['bom-ref']]);
  const components = sbom.components.filter(({ name, version }) => runtime.has(`${name}@${version}`));
  for (const component of components) {
    refs.add(component['bom-ref']);
    // Where the tarball lay during this run says nothing to a reader.
    component.externalReferences = component.externalReferences?.filter(({ url }) => !url.startsWith('file:'));
  }
  const dependencies = sbom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(other => refs.has(other)) }));
  return { ...sbom, components, dependencies };
}
