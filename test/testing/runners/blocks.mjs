import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../pack/run.mjs';

/** The code blocks of docs/testing.md under the comments that name this file, one after the other. */
export async function block(file) {
  const text = await readFile(join(root, 'docs/testing.md'), 'utf8');
  const blocks = text.split(`<!-- ${file} -->\n\`\`\`ts\n`).slice(1);
  assert.ok(blocks.length, `docs/testing.md has no ts block after <!-- ${file} -->`);
  return blocks.map(code => code.slice(0, code.indexOf('```'))).join('\n');
}
