import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const tests = join(import.meta.dirname, '..');

/** Every file in these starts applications, and loading what they are made of takes longer than most of its tests. */
export const FOLDERS = ['delegation-dialects', 'e2e', 'hazards', 'presets'];
export const PARTS = 10;

/** Every tenth of their files, from the first, the second, … on. */
export function filesOf(part) {
  return FOLDERS.flatMap(folder =>
    readdirSync(join(tests, folder), { recursive: true }).map(name => join(tests, folder, name)),
  )
    .filter(path => path.endsWith('spec.ts'))
    .sort()
    .filter((_, index) => index % PARTS === part);
}
