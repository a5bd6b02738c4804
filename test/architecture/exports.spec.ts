import { readFileSync, writeFileSync } from 'node:fs';

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

/** Every entry point of the packages, by the name it is imported by. */
const entryPoints = ['core', 'eie', 'bullmq', 'cedar', 'postgres', 'redis'].flatMap(folder => {
  const { name, exports } = read(`../../libs/${folder}/package.json`) as {
    name: string;
    exports: Record<string, unknown>;
  };
  return Object.entries(exports)
    .filter(([path, target]) => typeof target !== 'string' && !path.startsWith('./internal'))
    .map(([path]) => path.replace(/^\./, name));
});

const exportedNames = async (entryPoint: string): Promise<string[]> =>
  Object.keys((await import(entryPoint)) as object).sort();

// A new or a missing name is a decision: UPDATE_EXPORTS=1 npm test -- exports
if (process.env.UPDATE_EXPORTS) {
  const names: Record<string, string[]> = {};
  for (const one of entryPoints) names[one] = await exportedNames(one); // one by one: Jest's loader races with itself
  writeFileSync(new URL('exports.json', import.meta.url), `${JSON.stringify(names, null, 2)}\n`);
}

describe('the public names', () => {
  const committed = read('exports.json') as Record<string, string[]>;

  it('are written down for every entry point of the packages', () => {
    expect(Object.keys(committed)).toEqual(entryPoints);
  });

  it.each(entryPoints)('of the entry point %s are the ones written down', async entryPoint => {
    expect(await exportedNames(entryPoint)).toEqual(committed[entryPoint]);
  });
});
