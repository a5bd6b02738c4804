// `npm run docs`: checks the pages and builds the site. `npm run docs -- --help` says more.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkSite } from './built-site.mjs';
import { checkLinks } from './links.mjs';
import { writeLlms } from './llms.mjs';
import { pagesOf } from './pages.mjs';
import { checkCode } from '../../test/documents/code.mjs';
import { stage, staged } from './stage.mjs';

const HELP = `npm run docs [-- options]
Checks every page (links, anchors, code blocks) and builds the site into docs/.vitepress/dist/site. It needs no network.
DOCS_BASE=/nestjs-eie/ builds for a path below the host.

  --check   checks alone, without the site: half a minute
  --help    this text

Prints { pages, links, deadLinks, codeBlocks, unchecked, codeFaults }; with the site, { sitePages, siteLinks } too.
The exit status is 1 where a link is dead, or a code block is wrong or checked by nothing.`;

const { values: options } = parseArgs({
  options: { check: { type: 'boolean' }, help: { type: 'boolean' } },
});

if (options.help) console.log(HELP);
else {
  const pages = pagesOf();
  const { links, deadLinks } = checkLinks(pages);
  const { codeBlocks, unchecked, codeFaults } = checkCode(pages);
  // A site of pages whose links are dead cannot be staged: what they lead to is not there.
  const { faults, ...built } = options.check || deadLinks.length ? { faults: [] } : await build(pages);
  deadLinks.push(...faults);
  for (const { page, line, link, why, message } of [...deadLinks, ...codeFaults, ...unchecked])
    console.error(
      `${page}${line ? `:${line}` : ''} ${link ? `${link}: ${why}` : (message ?? 'nothing checks this block')}`,
    );
  console.log(JSON.stringify({ pages: pages.length, links, deadLinks, codeBlocks, unchecked, codeFaults, ...built }));
  process.exitCode = deadLinks.length + codeFaults.length + unchecked.length ? 1 : 0;
}

async function build(pages) {
  const out = fileURLToPath(new URL('dist/site/', import.meta.url));
  rmSync(out, { recursive: true, force: true });
  stage(pages);
  const { writeReference } = await import('./reference.mjs');
  await writeReference(join(staged, 'reference'));
  writeLlms(pages, join(staged, 'public'));
  const { build: buildSite } = await import('vitepress');
  await buildSite(fileURLToPath(new URL('..', import.meta.url)));
  return checkSite(out, process.env.DOCS_BASE ?? '/');
}
