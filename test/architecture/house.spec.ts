import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
// @ts-expect-error -- plain JavaScript, which the configuration of Jest needs as well
import { filesOf, PARTS } from '../together/files.mjs';

const libs = fileURLToPath(new URL('../../libs', import.meta.url));
const sources = ['core/src', 'eie/src', 'bullmq/src', 'cedar/src', 'postgres/src', 'redis/src'].flatMap(folder =>
  readdirSync(join(libs, folder), { recursive: true, encoding: 'utf8' })
    .filter(path => /(?<!\.spec)\.ts$/.test(path))
    .map(path => join(folder, path)),
);
const entryPoints = [
  'core/src/index.ts',
  'core/src/internal/index.ts',
  'bullmq/src/index.ts',
  'cedar/src/index.ts',
  'postgres/src/index.ts',
  'redis/src/index.ts',
  ...['', 'mcp/', 'mcp-nest/', 'presets/', 'receiver/', 'terminus/', 'testing/'].map(
    folder => `eie/src/${folder}index.ts`,
  ),
];
const text = (path: string) => readFileSync(join(libs, path), 'utf8');

describe('the library', () => {
  it('has no source file over 200 lines', () => {
    const lines = (path: string) => text(path).trimEnd().split('\n').length;
    expect(sources.filter(path => lines(path) > 200).map(path => `${path}: ${lines(path)}`)).toEqual([]);
  });

  it('has no catch-all folder', () => {
    const catchAll = /^(utils?|common|interfaces?|constants?|helpers?)$/;
    expect(
      sources.filter(path =>
        dirname(path)
          .split(sep)
          .some(folder => catchAll.test(folder)),
      ),
    ).toEqual([]);
  });

  it('has an index file at its entry points only', () => {
    expect(sources.filter(path => basename(path) === 'index.ts').sort()).toEqual([...entryPoints].sort());
  });

  it('has nothing at the root of nestjs-eie but the module and the index', () => {
    expect(sources.filter(path => dirname(path) === join('eie', 'src')).sort()).toEqual([
      'eie/src/eie.module.ts',
      'eie/src/index.ts',
    ]);
  });

  it.each(entryPoints)('names each export of the entry point %s', entryPoint => {
    expect(text(entryPoint)).not.toMatch(/^export (\*|default)/m);
  });
});

describe('the tests that share a copy of the library', () => {
  const files = Array.from({ length: PARTS }, (_, part) => filesOf(part) as string[]).flat();

  it('are all of their folders', () => {
    expect(files).toContain(fileURLToPath(new URL('../e2e/mcp.e2e-spec.ts', import.meta.url)));
    expect(new Set(files).size).toBe(files.length);
    for (let part = 0; part < PARTS; part += 1) {
      const loads = readFileSync(fileURLToPath(new URL(`../together/part-${part}.ts`, import.meta.url)), 'utf8');
      expect(loads).toContain(`filesOf(${part})`);
    }
  });

  it('keep their hooks to themselves', () => {
    expect(files.filter(path => /^(before|after)(All|Each)\(/m.test(readFileSync(path, 'utf8')))).toEqual([]);
  });
});
