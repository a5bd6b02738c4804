import { existsSync, readFileSync } from 'node:fs';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { names, requirements } from './making/requirements.mjs';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { CHAPTERS, read } from './run.mjs';

interface Requirement {
  id: string;
  text: string;
  vectors: string[];
  tests: string[];
}

const file = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const text = readFileSync(file('spec/execution-identity.md'), 'utf8');
const all = requirements() as Requirement[];
const vectors = (CHAPTERS as string[]).flatMap(chapter => read(chapter).vectors as { id: string; proves: string[] }[]);

describe('the specification', () => {
  it('numbers its requirements from EI-1 on, without a gap', () => {
    expect(all.map(({ id }) => id)).toEqual(all.map((_one, i) => `EI-${i + 1}`));
  });

  it('has no MUST that is not in a requirement with an id, and no requirement without one', () => {
    const [, ...normative] = text.split('\n## ');
    const musts = (part: string): number => part.match(/\*\*MUST( NOT)?\*\*/g)?.length ?? 0;
    expect(musts(normative.join())).toBe(all.reduce((sum, requirement) => sum + musts(requirement.text), 0));
    expect(all.filter(requirement => musts(requirement.text) === 0).map(({ id }) => id)).toEqual([]);
  });

  it.each(all.map(one => [one.id, one] as const))('names for %s what proves it, and that exists', (_id, one) => {
    expect(one.vectors.length + one.tests.length).toBeGreaterThan(0);
    expect(one.vectors.filter(pattern => !vectors.some(({ id }) => names(pattern, id)))).toEqual([]);
    expect(one.tests.filter(path => !existsSync(file(path)))).toEqual([]);
  });

  it('agrees with the vectors about what each of them proves', () => {
    const named = vectors.map(({ id }) => ({
      id,
      proves: all.filter(one => one.vectors.some(pattern => names(pattern, id))).map(requirement => requirement.id),
    }));
    expect(vectors.map(({ id, proves }) => ({ id, proves }))).toEqual(named);
    expect(named.filter(({ proves }) => !proves.length)).toEqual([]);
  });
});
