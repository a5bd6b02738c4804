import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Outcome } from './run.js';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const { installNest11 } = (await import(new URL('nest-11/install.mjs', import.meta.url).href)) as {
  installNest11(): URL;
};

/** Runs the applications in a process that takes Nest 11.2 for Nest. */
export async function startOnNest11(pattern: string): Promise<Outcome[]> {
  const preloads = ['../support/typescript-loader.mjs', 'nest-11/loader.mjs'].flatMap(file => ['--import', path(file)]);
  const child = spawn(
    process.execPath,
    [...preloads, path('promises.ts'), '--nest', '11', '--json', '--no-controls', pattern],
    {
      env: { ...process.env, NEST_11_FOLDER: installNest11().href },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const line = (await text(child.stdout)).trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`The applications have not run on Nest 11: ${line}`);
  return (JSON.parse(line) as { applications: Outcome[] }).applications;
}
