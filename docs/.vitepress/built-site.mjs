// Which links of the built site lead nowhere, and which of its files would ask another host.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const decode = text => text.replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"');

/** Looks at every page as a browser gets it: each link and anchor within the site, each file it loads. */
export function checkSite(folder, base = '/') {
  const files = new Set(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(path => path.replaceAll('\\', '/')),
  );
  const pages = [...files].filter(path => path.endsWith('.html'));
  const text = new Map(pages.map(path => [path, readFileSync(join(folder, path), 'utf8')]));
  const ids = new Map(
    pages.map(path => [path, new Set([...text.get(path).matchAll(/ id="([^"]+)"/g)].map(([, id]) => decode(id)))]),
  );
  const faults = [];
  let links = 0;
  for (const page of pages) {
    for (const [, tag, rest] of text.get(page).matchAll(/<(a|link|script|img|source|iframe)\b([^>]*)>/g)) {
      const link = decode(/ (?:href|src)="([^"]*)"/.exec(rest)?.[1] ?? '');
      if (!link || /^(mailto|data):/.test(link)) continue;
      links += 1;
      if (/^(https?:)?\/\//.test(link)) {
        if (tag !== 'a') faults.push({ page, link, why: 'the page would load it from another host' });
        continue;
      }
      const [path, anchor = ''] = link.split('#');
      const within = path.startsWith(base) ? path.slice(base.length) : posix.join(posix.dirname(page), path);
      const target =
        path === ''
          ? page
          : posix.normalize(decodeURI(within === '' || within.endsWith('/') ? `${within}index.html` : within));
      const found = [target, `${target}.html`].find(one => files.has(one));
      if (!found) faults.push({ page, link, why: 'there is no such page' });
      else if (anchor && found.endsWith('.html') && !ids.get(found).has(decodeURIComponent(anchor)))
        faults.push({ page, link, why: 'the page has no such heading' });
    }
  }
  return { sitePages: pages.length, siteLinks: links, faults };
}
