// Puts the pages where VitePress reads them, with links that hold there.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, posix } from 'node:path';
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
export function stage(pages) {
  rmSync(staged, { recursive: true, force: true });
  const sitePath = new Map(pages.map(({ file, path }) => [file, path]));
  const shown = new Set();
  const placeOf = target => {
    if (sitePath.has(target)) return sitePath.get(target);
    if (PICTURES.test(target)) return copied(target);
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

function copied(target) {
  const place = target.replace(/^docs\//, '');
  mkdirSync(dirname(join(staged, place)), { recursive: true });
  cpSync(join(root, target), join(staged, place));
  return place;
}

/** A page that shows a file, or the files of a folder. */
function showing(target) {
  const at = join(root, target);
  if (!existsSync(at)) return `# ${target}\n`;
  const files = statSync(at).isDirectory()
    ? readdirSync(at, { recursive: true, encoding: 'utf8' })
        .map(name => posix.join(target, name.replaceAll('\\', '/')))
        .filter(name => statSync(join(root, name)).isFile())
        .sort()
    : [target];
  const parts = files.map(file => {
    const heading = files.length > 1 ? `## ${posix.relative(target, file)}\n\n` : '';
    return `${heading}\`\`\`\`${extname(file).slice(1).replace('mjs', 'js')}\n${readFileSync(join(root, file), 'utf8').trimEnd()}\n\`\`\`\``;
  });
  return `---\nsearch: false\noutline: false\n---\n# ${target}\n\n${parts.join('\n\n')}\n`;
}

function write(path, text) {
  mkdirSync(dirname(join(staged, path)), { recursive: true });
  writeFileSync(join(staged, path), text);
}
