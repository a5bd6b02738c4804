import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.mjs';

/** Builds and packs the library; returns the path of a tarball that holds what it should and nothing else. */
export async function packLibrary(folder) {
  await run('npx', ['--no-install', 'nest', 'build', 'eie']);
  await run('npm', ['pack', '--workspace', 'nestjs-eie', '--pack-destination', folder]);
  const [name, ...others] = (await readdir(folder)).filter(file => file.endsWith('.tgz'));
  assert.deepEqual(others, []);
  const tarball = join(folder, name);

  const files = (await run('tar', ['-tzf', tarball]))
    .trim()
    .split('\n')
    .map(file => file.replace(/^package\//, ''));
  const isCode = file => /^dist\/.+\.(js|d\.ts)$/.test(file) && !/\.(e2e-)?spec\./.test(file);
  assert.deepEqual(files.filter(file => !isCode(file)).sort(), ['LICENSE', 'README.md', 'package.json']);
  for (const door of [
    'index',
    'mcp/index',
    'mcp-nest/index',
    'presets/index',
    'receiver/index',
    'receiver/core/index',
  ]) {
    for (const kind of ['js', 'd.ts'])
      assert.ok(files.includes(`dist/${door}.${kind}`), `dist/${door}.${kind} is missing`);
  }
  return tarball;
}
