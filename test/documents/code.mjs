// Every code block of the pages: compiled, parsed, or compared with the file that it quotes.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeBlocksOf } from '../../docs/.vitepress/markdown.mjs';
import { checkCommands } from './commands.mjs';
import { compileBlocks } from './compile.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What a machine writes or another program reads: there is nothing here that could compile it. */
const NOT_OURS = ['', 'text', 'http', 'diff', 'nginx', 'sql', 'cedar', 'cedarschema', 'yaml', 'dockerfile', 'html'];
const SHELLS = ['sh', 'bash', 'shell', 'console'];

/**
 * Checks the code of the pages, and the commands they name.
 * `unchecked` has the blocks that none of this looks at; what is in `NOT_OURS` is counted under `codeBlocks` alone.
 */
export function checkCode(pages) {
  const blocks = pages.flatMap(({ file, text }) => codeBlocksOf(text).map(block => ({ page: file, ...block })));
  const codeFaults = pages.flatMap(({ file, text }) => checkCommands(text).map(fault => ({ page: file, ...fault })));
  const unchecked = [];
  for (const block of blocks) {
    const { page, line, language } = block;
    if (language === 'ts' || SHELLS.includes(language) || NOT_OURS.includes(language)) continue;
    const message = language === 'json' ? jsonFault(block) : language === 'js' ? quoteFault(block) : undefined;
    if (message) codeFaults.push({ page, line, message });
    if (!['json', 'js'].includes(language)) unchecked.push({ page, line, language });
  }
  codeFaults.push(...compileBlocks(blocks.filter(({ language }) => language === 'ts')));
  const codeBlocks = {};
  for (const { language } of blocks) codeBlocks[language || 'none'] = (codeBlocks[language || 'none'] ?? 0) + 1;
  return { codeBlocks, unchecked, codeFaults };
}

/** Several documents in one block are one a line. */
function jsonFault({ code }) {
  const parse = text => {
    try {
      JSON.parse(text);
      return undefined;
    } catch (error) {
      return `This is no JSON: ${error.message}`;
    }
  };
  const whole = parse(code);
  return whole &&
    code
      .trim()
      .split('\n')
      .every(line => !parse(line))
    ? undefined
    : whole;
}

/** JavaScript is the text of a file that the tests run, named in the comment before it. */
function quoteFault({ code, comment }) {
  const file = comment && join(root, comment);
  if (!file || !existsSync(file))
    return 'Name the file that this quotes in a comment before it, such as <!-- examples/receiver-node/main.mjs -->.';
  return readFileSync(file, 'utf8') === code ? undefined : `This is not what ${comment} says.`;
}
