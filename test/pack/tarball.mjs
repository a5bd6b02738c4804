import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { linksOf } from '../../docs/.vitepress/markdown.mjs';
import { targetOf } from '../../docs/.vitepress/pages.mjs';
import { documentsOf } from '../../release/package-documents.mjs';
import { PACKAGES } from '../../release/packages.mjs';
import { root, run } from './run.mjs';

/**
 * Builds and packs the packages; returns the paths of their tarballs, which hold what they should and nothing else. Where the environment names a folder
 * with tarballs as PACKED, it returns those: nothing is built beside proofs that run from what is built.
 */
export async function packLibraries(folder) {
  if (process.env.PACKED) return packedIn(process.env.PACKED);
  await run('npm', ['run', '--silent', 'build:libs']);
  const tarballs = {};
  for (const [name, packageName] of Object.entries(PACKAGES)) {
    const [packed] = JSON.parse(
      await run('npm', [
        'pack',
        '--json',
        '--loglevel=error',
        '--workspace',
        packageName,
        '--pack-destination',
        folder,
      ]),
    );
    await checkContents(
      name,
      packed.files.map(({ path }) => path),
    );
    tarballs[name] = join(folder, packed.filename);
  }
  return tarballs;
}

async function packedIn(folder) {
  const files = await readdir(folder);
  const tarballs = {};
  for (const [name, packageName] of Object.entries(PACKAGES)) {
    const file = files.find(one => /-\d[^-]*\.tgz$/.test(one) && one.replace(/-\d.*/, '') === packageName);
    assert.ok(file, `${folder} has no tarball of ${packageName}`);
    tarballs[name] = join(folder, file);
  }
  return tarballs;
}

async function checkContents(name, files) {
  const { exports } = JSON.parse(await readFile(join(root, 'libs', name, 'package.json'), 'utf8'));
  const isCode = file => /^dist\/.+\.(js|d\.ts)$/.test(file) && !/\.(e2e-)?spec\./.test(file);
  const beside = {
    core: ['bin/execution-identity.mjs', 'dist/receipt.html', 'schema/audit-record-1.schema.json'],
    eie: [
      'bin/nestjs-eie.mjs',
      'dist/dev-page.html',
      'jest-preset.cjs',
      'jest-preset.d.cts',
      'jest-transform.cjs',
      'schema/posture-1.schema.json',
    ],
    bullmq: [],
    cedar: [],
    postgres: ['migrations/001-stores.sql', 'migrations/002-audit.sql', 'migrations/003-delegated-tokens.sql'],
    redis: [],
  };
  assert.deepEqual(
    files.filter(file => !isCode(file)).sort(),
    [...new Set(['LICENSE', 'README.md', 'package.json', ...beside[name], ...documentsOf(name)])].sort(),
  );
  await checkLinks(name, files);
  for (const [entryPoint, target] of Object.entries(exports)) {
    for (const file of typeof target === 'string' ? [target] : Object.values(target))
      assert.ok(
        files.includes(file.replace('./', '')),
        `${entryPoint} of ${PACKAGES[name]} leads to ${file}, which is not packed`,
      );
  }
}

/** A page of a package leads to another host, to a heading, or to what is in the package too. */
async function checkLinks(name, files) {
  for (const page of files.filter(file => file.endsWith('.md'))) {
    for (const { link } of linksOf(await readFile(join(root, 'libs', name, page), 'utf8'))) {
      const target = targetOf(page, link);
      assert.ok(
        target === null || files.includes(target.path),
        `${page} of ${PACKAGES[name]} leads to ${link}, which is not packed`,
      );
    }
  }
}
