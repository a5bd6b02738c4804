import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../pack/run.mjs';

/** The code block of docs/testing.md under the comment that names its file. */
export async function block(file) {
  const text = await readFile(join(root, 'docs/testing.md'), 'utf8');
  const begin = `<!-- ${file} -->\n\`\`\`ts\n`;
  const at = text.indexOf(begin);
  assert.ok(at >= 0, `docs/testing.md has no ts block after <!-- ${file} -->`);
  const code = text.slice(at + begin.length);
  return code.slice(0, code.indexOf('```'));
}
