// Which requirements of the specification a vector proves: those under which the specification names it.
import { readFileSync } from 'node:fs';

const SPECIFICATION = new URL('../../../spec/execution-identity.md', import.meta.url);

/** The requirements in their order: id, text, names of vectors (`*` for any text) and test files. */
export function requirements(text = readFileSync(SPECIFICATION, 'utf8')) {
  return text
    .split(/\n(?=- \*\*EI-)/)
    .slice(1)
    .map(item => item.split(/\n(?! {2})/)[0])
    .map(item => ({
      id: /^- \*\*(EI-\d+)\*\*/.exec(item)[1],
      text: item,
      vectors: quoted(/^ {2}Vectors: (.*)\.$/m.exec(item)?.[1]),
      tests: quoted(/^ {2}Test: (.*)\.$/m.exec(item)?.[1]),
    }));
}

const quoted = (line = '') => [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

/** Whether a name of the specification means this vector. */
export const names = (pattern, id) => RegExp(`^${pattern.replaceAll('*', '.+')}$`).test(id);

/** The ids of the requirements that a vector proves. */
export const provenBy = id =>
  requirements()
    .filter(({ vectors }) => vectors.some(pattern => names(pattern, id)))
    .map(requirement => requirement.id);
