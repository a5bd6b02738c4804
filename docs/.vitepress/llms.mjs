// What a language model reads in place of the site: https://llmstxt.org
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prose } from './markdown.mjs';
import { sectionsOf } from './sections.mjs';

const SUMMARY =
  'nestjs-eie makes an MCP server on NestJS know, prove and record who acts: it verifies an access token once, stops it there, gives each tool call a signed identity of user and agent, and calls APIs in one of three modes.';

/** Writes `llms.txt`, a list of the pages with what each is about, and `llms-full.txt`, their whole text. */
export function writeLlms(pages, folder) {
  const sections = sectionsOf(pages);
  const list = sections.map(
    ({ text, pages: parts }) =>
      `## ${text}\n\n${parts.map(({ title, path, text }) => `- [${title}](${path.replace(/\.md$/, '.html')})${about(text)}`).join('\n')}\n`,
  );
  const full = sections.flatMap(({ pages: parts }) =>
    parts.map(({ path, text }) => `<!-- ${path} -->\n\n${plain(text)}`),
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'llms.txt'),
    `# nestjs-eie\n\n> ${SUMMARY}\n\nThe whole text: [llms-full.txt](llms-full.txt)\n\n${list.join('\n')}`,
  );
  writeFileSync(join(folder, 'llms-full.txt'), `${full.join('\n\n---\n\n')}\n`);
}

/** The first sentence after the title. */
function about(text) {
  const body = text.slice(text.search(/^# /m));
  const lines = prose(body).split('\n');
  const at = lines.findIndex((line, index) => index > 0 && /^[^|#>!\d-]*\w/.test(line));
  if (at < 0) return '';
  const paragraph = body
    .split('\n')
    .slice(at)
    .join('\n')
    .split(/\n\s*\n/)[0]
    .replace(/\s+/g, ' ');
  const sentence = /^.{20,}?[.?!](?=\W|$)/.exec(paragraph)?.[0] ?? paragraph;
  return `: ${sentence.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\*\*/g, '')}`;
}

const plain = text => text.replace(/^---\n[\s\S]*?\n---\n/, '').trim();
