import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Outcome } from './fixture.js';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Runs one fixture in a process that ends with it. */
export async function runAlone(file: string): Promise<Outcome[]> {
  const child = spawn(
    process.execPath,
    ['--import', path('../support/typescript-loader.mjs'), path('boot-proof.ts'), '--alone', '--json', file],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const line = (await text(child.stdout)).trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`${file} has not run: ${line}`);
  return (JSON.parse(line) as { outcomes: Outcome[] }).outcomes;
}
