import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LONG } from '../long/files.mjs';

const root = join(import.meta.dirname, '../..');
const tests = join(root, 'test');

/** Their files start applications. Loading what an application is made of takes longer than most of the tests. */
export const FOLDERS = [
  'authorization-server',
  'conformance',
  'delegation-dialects',
  'e2e',
  'firewall',
  'hazards',
  'interop',
  'jobs',
  'mcp-nest',
  'presets',
  'testing',
  'vectors',
];
export const PARTS = 6;

/** The files of one part, counted from 0. */
export function filesOf(part) {
  return FOLDERS.flatMap(folder =>
    readdirSync(join(tests, folder), { recursive: true }).map(name => join(tests, folder, name)),
  )
    .filter(path => path.endsWith('spec.ts') && !LONG.some(long => path.startsWith(join(root, long))))
    .sort()
    .filter((_, index) => index % PARTS === part);
}
