import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const library = fileURLToPath(new URL('../../libs/eie/src', import.meta.url));
const sources = readdirSync(library, { recursive: true, encoding: 'utf8' }).filter((path) => /(?<!\.spec)\.ts$/.test(path));
const doors = ['index.ts', 'mcp/index.ts', 'mcp-nest/index.ts', 'presets/index.ts', 'receiver/index.ts', 'receiver/core/index.ts'];
const text = (path: string) => readFileSync(join(library, path), 'utf8');

describe('the library', () => {
  it('has no source file over 200 lines', () => {
    const lines = (path: string) => text(path).trimEnd().split('\n').length;
    expect(sources.filter((path) => lines(path) > 200)).toEqual([]);
  });

  it('has no catch-all folder', () => {
    const catchAll = /^(utils?|common|interfaces?|constants?|helpers?)$/;
    expect(sources.filter((path) => dirname(path).split(sep).some((folder) => catchAll.test(folder)))).toEqual([]);
  });

  it('has an index file at its doors only', () => {
    expect(sources.filter((path) => basename(path) === 'index.ts').sort()).toEqual([...doors].sort());
  });

  it.each(doors)('names each export of the door %s', (door) => {
    expect(text(door)).not.toMatch(/^export (\*|default)/m);
  });
});
