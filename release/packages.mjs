import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** The packages by the folder they are in, the first one first: each needs only those before it. */
export const PACKAGES = {
  core: 'execution-identity',
  eie: 'nestjs-eie',
  bullmq: 'nestjs-eie-bullmq',
  cedar: 'nestjs-eie-cedar',
  postgres: 'nestjs-eie-postgres',
  redis: 'nestjs-eie-redis',
};

const KINDS = ['dependencies', 'peerDependencies', 'optionalDependencies'];

/** The manifests of the packages, by their folders. */
export async function readManifests(from = root) {
  const manifests = {};
  for (const folder of Object.keys(PACKAGES))
    manifests[folder] = JSON.parse(await readFile(join(from, 'libs', folder, 'package.json'), 'utf8'));
  return manifests;
}

/** What keeps the packages from one release: a version that differs, and one package that names another one otherwise. */
export function disagreements(manifests) {
  const { version } = manifests.core;
  return Object.values(manifests).flatMap(manifest => [
    ...(manifest.version === version ? [] : [`${manifest.name} is ${manifest.version}, execution-identity ${version}`]),
    ...KINDS.flatMap(kind =>
      Object.entries(manifest[kind] ?? {})
        .filter(([name, range]) => Object.values(PACKAGES).includes(name) && range !== version)
        .map(([name, range]) => `${kind} of ${manifest.name} has ${name} ${range}, which is ${version}`),
    ),
  ]);
}
