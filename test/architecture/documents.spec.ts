import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = [
  ...[
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'libs/core/README.md',
    'libs/bullmq/README.md',
    'libs/cedar/README.md',
    'libs/postgres/README.md',
    'libs/redis/README.md',
  ],
  ...['test/vectors/README.md', 'test/interop/corpus/README.md'],
  ...['docs', 'spec'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.md') && !file.startsWith('.vitepress'))
      .map(file => `${folder}/${file}`),
  ),
];
const sources = execFileSync('git', ['ls-files', 'libs'], { cwd: root, encoding: 'utf8' }).split('\n');
const text = (document: string): string => readFileSync(join(root, document), 'utf8');

describe('the documents', () => {
  it.each(documents)('link to nothing that is not there: %s', document => {
    const links = [...text(document).matchAll(/\]\(([^)#\s]+)[^)]*\)|^\[[^\]]+\]: ([^#\s]+)/gm)].map(
      ([, inline, reference]) => (inline ?? reference)!,
    );
    const local = links.filter(link => !/^[a-z]+:/.test(link));
    expect(local.filter(link => !existsSync(join(root, dirname(document), link)))).toEqual([]);
  });

  it.each(documents)('define each reference once, and use it: %s', document => {
    const defined = [...text(document).matchAll(/^\[([^\]]+)\]: /gm)].map(([, name]) => name!);
    const used = new Set([...text(document).matchAll(/\]\[([^\]]+)\]/g)].map(([, name]) => name!));
    expect(defined.filter((name, at) => defined.indexOf(name) !== at || !used.has(name))).toEqual([]);
  });

  it.each(['docs/architecture.md', 'docs/threat-model.md'])('name source files that exist: %s', document => {
    const named = [...text(document).matchAll(/`([\w./-]+\.ts)`/g)].map(([, file]) => file!);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(file => !sources.some(source => source.endsWith(`/${file}`)))).toEqual([]);
  });
});
