import { readFileSync, writeFileSync } from 'node:fs';

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const manifest = read('../../libs/eie/package.json') as { exports: Record<string, unknown> };
const doors = Object.keys(manifest.exports).filter((door) => door !== './package.json');

async function exportedNames(door: string): Promise<string[]> {
  return Object.keys((await import(door.replace(/^\./, 'nestjs-eie'))) as object).sort();
}

// A door that opens wider, or closes on a name, is a decision: UPDATE_EXPORTS=1 npm test -- exports
if (process.env.UPDATE_EXPORTS) {
  const names: Record<string, string[]> = {};
  for (const door of doors) names[door] = await exportedNames(door); // one by one: Jest's loader races with itself
  writeFileSync(new URL('exports.json', import.meta.url), `${JSON.stringify(names, null, 2)}\n`);
}

describe('the public names', () => {
  const committed = read('exports.json') as Record<string, string[]>;

  it('are written down for every door of the package', () => {
    expect(Object.keys(committed)).toEqual(doors);
  });

  it.each(doors)('of the door %s are the ones written down', async (door) => {
    expect(await exportedNames(door)).toEqual(committed[door]);
  });
});
