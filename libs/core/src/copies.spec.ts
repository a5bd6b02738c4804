import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { otherCopies, thisCopy } from './copies.js';

const sources = fileURLToPath(new URL('.', import.meta.url));
const loader = fileURLToPath(new URL('../../../test/support/typescript-loader.mjs', import.meta.url));
const { version } = JSON.parse(readFileSync(join(sources, '../package.json'), 'utf8')) as { version: string };

describe('the copies of this package in a process', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'eie-copies-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are this one alone where it was installed once, evaluated again or not', () => {
    expect(otherCopies()).toEqual([]);
    expect(thisCopy()).toEqual({ version, url: pathToFileURL(join(sources, '../')).href });
  });

  it('are all named where two were installed, each with its version and folder, from the side of each', () => {
    // Another version, as the dependency of a dependency.
    cpSync(join(sources, 'copies.ts'), join(folder, 'dist/copies.ts'));
    cpSync(join(sources, '../package.json'), join(folder, 'package.json'));
    const code = `
      const one = await import(${JSON.stringify(new URL('copies.ts', import.meta.url).href)});
      const other = await import(${JSON.stringify(pathToFileURL(join(folder, 'dist/copies.ts')).href)});
      const own = [one.thisCopy(), other.thisCopy()];
      console.log(JSON.stringify({ own, seen: [one.otherCopies(), other.otherCopies()] }));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', loader, '--input-type=module', '--eval', code],
      {
        encoding: 'utf8',
      },
    );
    expect(stderr).toBe('');
    const { own, seen } = JSON.parse(stdout) as { own: unknown[]; seen: unknown[][] };
    expect(own).toEqual([thisCopy(), { version, url: pathToFileURL(join(folder, '/')).href }]);
    expect(seen).toEqual([[own[1]], [own[0]]]);
  });
});
