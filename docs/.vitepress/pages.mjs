// Which Markdown of the repository is a page of the site, and at which path.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Pages that lie outside `docs/`, because npm or a code host shows them where they are. */
const ELSEWHERE = {
  'README.md': 'overview.md',
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'SECURITY.md': 'security.md',
  'examples/README.md': 'examples.md',
  'spec/execution-identity.md': 'format.md',
  'test/vectors/README.md': 'vectors.md',
  'libs/core/README.md': 'packages/execution-identity.md',
};

/** Every page: its file in the repository, and its path on the site. The generated reference is not among them. */
export function pagesOf(folder = root) {
  const docs = readdirSync(join(folder, 'docs'), { recursive: true, encoding: 'utf8' })
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => path.endsWith('.md') && !path.startsWith('.vitepress/'))
    .sort();
  const packages = readdirSync(join(folder, 'libs'))
    .filter(name => !['core', 'eie'].includes(name) && existsSync(join(folder, 'libs', name, 'README.md')))
    .map(name => [`libs/${name}/README.md`, `packages/nestjs-eie-${name}.md`]);
  const elsewhere = Object.entries(ELSEWHERE).filter(([file]) => existsSync(join(folder, file)));
  return [...docs.map(path => [`docs/${path}`, path]), ...elsewhere, ...packages].map(([file, path]) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return { file, path, text, title: titleOf(text) ?? file };
  });
}

/** The first heading, as plain text. */
export const titleOf = text => /^# (.+)$/m.exec(text)?.[1]?.replace(/[`*]/g, '');

/** Where a link of a file leads, as a path of the repository. `null`: out of it, or to another host. */
export function targetOf(file, link) {
  if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(link)) return null;
  const [path = '', anchor = ''] = link.split('#');
  const target = path === '' ? file : posix.normalize(posix.join(posix.dirname(file), decodeURI(path)));
  return { path: target.replace(/\/$/, ''), anchor: decodeURIComponent(anchor) };
}
