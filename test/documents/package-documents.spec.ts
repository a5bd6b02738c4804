import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
// @ts-expect-error -- plain JavaScript, which `prepack` runs as it is
import { linksOf } from '../../docs/.vitepress/markdown.mjs';
// @ts-expect-error -- the same
import { targetOf } from '../../docs/.vitepress/pages.mjs';
// @ts-expect-error -- the same
import { documentsOf, withoutLinksOut } from '../../release/package-documents.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packed = (text: string): string =>
  withoutLinksOut('docs/start.md', text, (path: string) =>
    ['docs/start.md', 'docs/options.md', 'docs/a.svg'].includes(path),
  ) as string;

describe('a page in a package', () => {
  it.each(['core', 'eie'])('has no link that leads out of the package: libs/%s', folder => {
    const documents = documentsOf(folder) as string[];
    const has = (path: string) => documents.includes(path);
    const out = documents
      .filter(file => file.endsWith('.md'))
      .flatMap(file => {
        const text = withoutLinksOut(file, readFileSync(join(root, file), 'utf8'), has) as string;
        const links = (linksOf(text) as { link: string }[]).map(({ link }) => link);
        return links.filter(link => {
          const target = targetOf(file, link) as { path: string } | null;
          return target !== null && !has(target.path);
        });
      });
    expect(documents.length).toBeGreaterThan(0);
    expect(out).toEqual([]);
  });

  it.each([
    ['to a page beside it', '[all](options.md#top) ![a](a.svg)'],
    ['to a heading of its own', '[above](#top)'],
    ['to another host', '[MCP](https://modelcontextprotocol.io)'],
    ['in code', '`[x](../SECURITY.md)`\n```text\n[x](../SECURITY.md)\n```'],
    ['by a reference that leads to another host', '[MCP][m]\n\n[m]: https://modelcontextprotocol.io'],
  ])('keeps a link %s', (_where, text) => expect(packed(text)).toBe(text));

  it.each([
    ['a file of the repository', 'See [the `a[]`](../SECURITY.md#x).', 'See the `a[]`.'],
    ['a folder', '[examples](../examples)', 'examples'],
    ['a file, by a reference', '[one][t], [t] and [t][].\n\n[t]: ../test/t.ts\n', 'one, t and t.\n\n'],
  ])('has the text in place of a link to %s', (_what, text, expected) => expect(packed(text)).toBe(expected));
});
