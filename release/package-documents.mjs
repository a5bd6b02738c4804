// Puts the licence and the documents of a package into its folder, before npm packs it: `prepack` runs this there. They are those of the
// repository, but for links that would lead out of the package: these become their text.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { prose } from '../docs/.vitepress/markdown.mjs';
import { targetOf } from '../docs/.vitepress/pages.mjs';
import { root } from './packages.mjs';

/** What a package has of the repository, at the same paths, by the folder it is in. A README that is not here is the package's own. */
export const DOCUMENTS = {
  core: ['spec/execution-identity.md'],
  eie: ['README.md', 'CHANGELOG.md', 'docs'],
};
const PAGE_OR_PICTURE = /^(?!docs\/\.vitepress\/).+\.(md|svg|png)$/;

/** The files of the repository that a package has besides its own. */
export const documentsOf = folder =>
  (DOCUMENTS[folder] ?? []).flatMap(path =>
    statSync(join(root, path)).isDirectory()
      ? readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
          .map(name => `${path}/${name.replaceAll('\\', '/')}`)
          .filter(name => PAGE_OR_PICTURE.test(name))
          .sort()
      : [path],
  );

const LINK = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(<?([^)\s>]+)>?(?: +"[^"]*")?\)/g;
const DEFINITION = /^ {0,3}\[([^\]]+)\]: +(\S+).*\n?/gm;
const REFERENCE = /\[((?:[^[\]]|\[[^\]]*\])*)\]\[([^\]]*)\]|\[([^[\]]+)\](?![[(:])/g;

/** The text of a page with links only to other hosts, to its own headings and to the files that `has` knows. */
export function withoutLinksOut(file, text, has) {
  const leadsOut = link => {
    const target = targetOf(file, link);
    return target !== null && !has(target.path);
  };
  const gone = new Set();
  const kept = replaceInProse(text, DEFINITION, (all, name, link) => {
    if (!leadsOut(link)) return all;
    gone.add(name.toLowerCase());
    return '';
  });
  const linked = replaceInProse(kept, LINK, (all, picture, label, link) => (leadsOut(link) ? label : all));
  return replaceInProse(linked, REFERENCE, (all, label, name, alone) =>
    gone.has((alone ?? (name || label)).toLowerCase()) ? (alone ?? label) : all,
  );
}

/** Leaves code as it is. */
function replaceInProse(text, pattern, change) {
  const plain = prose(text);
  return text.replace(pattern, (...args) => {
    const index = args.find(arg => typeof arg === 'number');
    return plain[index] === text[index] ? change(...args) : args[0];
  });
}

/** Writes them. What was there of an earlier run is removed first. */
function writeDocuments(folder) {
  const into = join(root, 'libs', folder);
  const documents = documentsOf(folder);
  const has = path => documents.includes(path);
  for (const path of DOCUMENTS[folder] ?? []) rmSync(join(into, path), { recursive: true, force: true });
  for (const path of documents) {
    mkdirSync(dirname(join(into, path)), { recursive: true });
    if (path.endsWith('.md'))
      writeFileSync(join(into, path), withoutLinksOut(path, readFileSync(join(root, path), 'utf8'), has));
    else cpSync(join(root, path), join(into, path));
  }
  cpSync(join(root, 'LICENSE'), join(into, 'LICENSE'));
}

if (process.argv[1] === import.meta.filename) writeDocuments(basename(process.cwd()));
