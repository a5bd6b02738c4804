// What the checks read in Markdown: headings, links, code. GitHub's rules, which the site is told to follow.

/** A name such as GitHub gives a heading: lower case, no punctuation, hyphens for spaces. */
export const slug = text =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');

const FENCE = /^( *)(`{3,}|~{3,})([^\n]*)\n([\s\S]*?)^ *\2 *$/gm;
const blank = text => text.replace(/[^\n]/g, ' ');

/** The text without code, of the same length, so that a place in it is a place in the page. */
export const prose = text =>
  text
    .replace(FENCE, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/(`+)(?!`)([\s\S]*?[^`])\1(?!`)/g, blank);

export const lineAt = (text, index) => text.slice(0, index).split('\n').length;

/** The anchors of a page, a second heading of one name counted as GitHub counts it. */
export function anchorsOf(text) {
  const seen = new Map();
  const headings = [...text.replace(FENCE, blank).matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading]) => {
    const name = slug(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, ''));
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return times ? `${name}-${times}` : name;
  });
  const named = [...prose(text).matchAll(/<[a-z]+ [^>]*\b(?:id|name)="([^"]+)"/g)].map(([, id]) => id);
  return new Set([...headings, ...named]);
}

/** The links and pictures of a page, with their lines. */
export function linksOf(text) {
  const plain = prose(text);
  const found = [
    ...plain.matchAll(/\]\(<?([^)\s>]+)>?(?: +"[^"]*")?\)/g),
    ...plain.matchAll(/^ {0,3}\[[^\]]+\]: +(\S+)/gm),
    ...plain.matchAll(/<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)="([^"]+)"/g),
  ];
  return found.map(match => ({ link: match[1], line: lineAt(text, match.index) }));
}

/** The code blocks of a page: language, text without the indent of its list, line of its first line, and the comment before it. */
export function codeBlocksOf(text) {
  return [...text.matchAll(FENCE)].map(match => {
    const [, indent, , info, code] = match;
    return {
      language: info.trim().split(/\s+/)[0] ?? '',
      code: code.replaceAll(new RegExp(`^ {0,${indent.length}}`, 'gm'), ''),
      line: lineAt(text, match.index) + 1,
      comment: /<!-- *([^>]*?) *-->\s*$/.exec(text.slice(0, match.index))?.[1],
    };
  });
}
