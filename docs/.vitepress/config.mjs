import { defineConfig } from 'vitepress';
import { slug } from './markdown.mjs';
import { pagesOf } from './pages.mjs';
import { REFERENCE } from './reference-pages.mjs';
import { LABELS, sectionsOf } from './sections.mjs';

const sections = sectionsOf(pagesOf());
const linkOf = path => `/${path.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}`;
const first = text => linkOf(sections.find(section => section.text === text).pages[0].path);
const reference = {
  text: 'API',
  collapsed: true,
  items: Object.entries(REFERENCE).map(([text, path]) => ({ text, link: linkOf(path) })),
};

/** Nothing here asks another host: no fonts, no search service, no counters. */
export default defineConfig({
  title: 'nestjs-eie',
  description: 'Who is acting: the user, or the agent? And what may it do downstream? For MCP servers on NestJS.',
  lang: 'en',
  base: process.env.DOCS_BASE ?? '/',
  srcDir: './.vitepress/dist/pages',
  outDir: './.vitepress/dist/site',
  cacheDir: '../node_modules/.cache/vitepress',
  lastUpdated: false,
  markdown: {
    languageAlias: { cedar: 'rust', cedarschema: 'graphql' },
    anchor: { slugify: slug },
    toc: { slugify: slug },
    headers: { slugify: slug },
  },
  themeConfig: {
    nav: [
      { text: 'Start', link: first('Start') },
      { text: 'Guides', link: first('Guides') },
      { text: 'Providers', link: first('Identity providers') },
      { text: 'Concepts', link: first('Concepts') },
      { text: 'Operations', link: first('Operations') },
      { text: 'Reference', link: first('Reference') },
    ],
    sidebar: [
      ...sections.map(({ text, pages }) => ({
        text,
        collapsed: pages.length > 12,
        items: pages.map(page => ({ text: LABELS[page.path] ?? page.title, link: linkOf(page.path) })),
      })),
      reference,
    ],
    outline: [2, 3],
    search: { provider: 'local' },
    externalLinkIcon: true,
  },
});
