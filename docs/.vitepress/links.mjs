// Which links of the pages lead nowhere, as the repository shows them.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { anchorsOf, linksOf } from './markdown.mjs';
import { root, targetOf } from './pages.mjs';

/**
 * Looks at every link of the pages: that its file exists, and that the page has the anchor.
 * It does NOT look at other hosts: a check that needs the network fails when the network does.
 */
export function checkLinks(pages, folder = root) {
  const deadLinks = [];
  let links = 0;
  const anchors = new Map();
  const anchorsAt = path => {
    if (!anchors.has(path)) anchors.set(path, anchorsOf(readFileSync(join(folder, path), 'utf8')));
    return anchors.get(path);
  };
  for (const { file, text } of pages) {
    for (const { link, line } of linksOf(text)) {
      links += 1;
      const target = targetOf(file, link);
      if (target === null) continue;
      const dead = why => deadLinks.push({ page: file, line, link, why });
      const at = join(folder, target.path);
      if (target.path.startsWith('..') || !existsSync(at)) dead('there is no such file');
      else if (target.anchor && target.path.endsWith('.md') && statSync(at).isFile()) {
        if (!anchorsAt(target.path).has(target.anchor)) dead('the page has no such heading');
      }
    }
  }
  return { links, deadLinks };
}
