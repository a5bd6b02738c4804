// Puts the pages where VitePress reads them, with links that hold there.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prose } from './markdown.mjs';
import { root, targetOf } from './pages.mjs';

export const staged = fileURLToPath(new URL('dist/pages/', import.meta.url));
const PICTURES = /\.(svg|png)$/;
const LINK = /(\]\(<?|^ {0,3}\[[^\]]+\]: +|<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)=")([^)\s>"]+)/gm;

/**
 * Writes all pages into an empty folder. A link to a page of the site leads to it; one to another file of the repository leads to
 * a page that shows that file, so that the site needs no code host.
 */
export function stage(pages, folder = staged) {
  rmSync(folder, { recursive: true, force: true });
  const write = (path, text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const sitePath = new Map(pages.map(({ file, path }) => [file, path]));
  const shown = new Set();
  const placeOf = target => {
    if (sitePath.has(target)) return sitePath.get(target);
    if (PICTURES.test(target)) return copied(target, folder);
    shown.add(target);
    return target.endsWith('.md') ? `files/${target}` : `files/${target}.md`;
  };
  for (const { file, path, text } of pages) write(path, withLinks(file, path, text, placeOf));
  // Also what these pages link in turn: a set is walked to its growing end.
  for (const target of shown) {
    const place = placeOf(target);
    write(
      place,
      place === `files/${target}`
        ? withLinks(target, place, readFileSync(join(root, target), 'utf8'), placeOf)
        : showing(target),
    );
  }
}

/** The text with each link to a file of the repository turned into one to its place on the site. */
function withLinks(file, path, text, placeOf) {
  const plain = prose(text);
  return text.replace(LINK, (all, before, link, index) => {
    const target = targetOf(file, link);
    const inCode = plain.slice(index, index + 1) !== text.slice(index, index + 1);
    if (target === null || inCode || link.startsWith('#')) return all;
    const place = posix.relative(posix.dirname(path), placeOf(target.path));
    return `${before}${place.startsWith('.') ? place : `./${place}`}${target.anchor && `#${target.anchor}`}`;
  });
}

function copied(target, folder) {
  const place = target.replace(/^docs\//, '');
  mkdirSync(dirname(join(folder, place)), { recursive: true });
  cpSync(join(root, target), join(folder, place));
  return place;
}

/** A page that shows a file as it is, or names the files of a folder. */
function showing(target) {
  const at = join(root, target);
  const body = statSync(at).isDirectory()
    ? readdirSync(at, { recursive: true, encoding: 'utf8' })
        .map(name => name.replaceAll('\\', '/'))
        .filter(name => statSync(join(at, name)).isFile())
        .sort()
        .map(name => `- \`${name}\``)
        .join('\n')
    : `\`\`\`\`txt\n${readFileSync(at, 'utf8').trimEnd()}\n\`\`\`\``;
  return `---\nsearch: false\noutline: false\n---\n# ${target}\n\n${body}\n`;
}
