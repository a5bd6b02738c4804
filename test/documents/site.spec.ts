import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// @ts-expect-error -- plain JavaScript, which `npm run docs` runs as it is
import { checkSite } from '../../docs/.vitepress/built-site.mjs';
// @ts-expect-error -- the same
import { checkLinks } from '../../docs/.vitepress/links.mjs';
// @ts-expect-error -- the same
import { writeLlms } from '../../docs/.vitepress/llms.mjs';
// @ts-expect-error -- the same
import { pagesOf } from '../../docs/.vitepress/pages.mjs';
// @ts-expect-error -- the same
import { sectionsOf } from '../../docs/.vitepress/sections.mjs';
// @ts-expect-error -- the same
import { stage } from '../../docs/.vitepress/stage.mjs';

interface Page {
  file: string;
  path: string;
  text: string;
}
const pages = pagesOf() as Page[];

describe('the documentation site', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eie-site-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const faultsOf = (html: string) => {
    writeFileSync(join(folder, 'index.html'), html);
    return (checkSite(folder) as { faults: { why: string }[] }).faults.map(({ why }) => why);
  };

  it('has every page in exactly one section, but the first', () => {
    const listed = (sectionsOf(pages) as { pages: Page[] }[]).flatMap(section => section.pages.map(({ path }) => path));
    expect(listed.sort()).toEqual(
      pages
        .map(({ path }) => path)
        .filter(path => path !== 'index.md')
        .sort(),
    );
  });

  it('has no dead link when the pages lie where the site has them', () => {
    stage(pages, folder);
    const staged = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.md'));
    const texts = staged.map(file => ({ file, text: readFileSync(join(folder, file), 'utf8') }));
    expect(texts.length).toBeGreaterThan(pages.length);
    expect((checkLinks(texts, folder) as { deadLinks: object[] }).deadLinks).toEqual([]);
  });

  it('tells language models of every page', () => {
    writeLlms(pages, folder);
    const list = readFileSync(join(folder, 'llms.txt'), 'utf8');
    const full = readFileSync(join(folder, 'llms-full.txt'), 'utf8');
    for (const { path, text } of pages.filter(page => page.path !== 'index.md')) {
      expect(list).toContain(`](${path.replace(/\.md$/, '.html')})`);
      expect(full).toContain(text.trim());
    }
  });

  it('may link within itself, and to other hosts', () => {
    expect(
      faultsOf(
        '<h2 id="a">A</h2><a href="#a">A</a><a href="/">first</a><a href="./">first</a><a href="https://example.com">b</a>',
      ),
    ).toEqual([]);
  });

  it.each([
    ['a page that is not there', '<a href="/nowhere.html">a</a>', 'there is no such page'],
    ['a heading that is not there', '<a href="#b">b</a>', 'the page has no such heading'],
    [
      'a script of another host',
      '<script src="https://cdn.example/a.js"></script>',
      'the page would load it from another host',
    ],
    [
      'a font of another host',
      '<link href="//fonts.example/a.css" rel="stylesheet">',
      'the page would load it from another host',
    ],
  ])('is refused with %s', (_name, html, why) => expect(faultsOf(html)).toEqual([why]));
});
