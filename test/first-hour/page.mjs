import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../pack/run.mjs';

/** Every command of docs/start.md, in its order. A line that ends with a backslash goes on. */
export async function commandsOfPage() {
  const page = await readFile(join(root, 'docs/start.md'), 'utf8');
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
  return blocks.flatMap(block =>
    block
      .replaceAll(/\\\n\s*/g, '')
      .trim()
      .split('\n'),
  );
}
