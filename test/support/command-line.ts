import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from 'execution-identity/internal/cli';
import { COMMANDS } from 'nestjs-eie/internal/cli';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number;
  readonly output: string;
  readonly notes: string;
}
type Env = Readonly<Record<string, string>>;

/** Runs the binary of nestjs-eie as a user does, in a process of its own, on the sources: seconds of processor time. */
export function runBinary(args: readonly string[], env: Env): Promise<Ran> {
  const argv = ['--import', './test/support/typescript-loader.mjs', 'libs/eie/bin/nestjs-eie.mjs', ...args];
  return new Promise(resolve => {
    execFile(
      process.execPath,
      argv,
      { cwd: root, env: { ...process.env, ...env, NODE_OPTIONS: '' }, maxBuffer: 1e7 },
      (error, output, notes) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output, notes }),
    );
  });
}

/** Runs the same command line in this process, in that environment. One after the other: they share the process. */
export async function runCommand(args: readonly string[], env: Env): Promise<Ran> {
  const before = Object.keys(env).map(name => [name, process.env[name]] as const);
  const [output, notes]: [string[], string[]] = [[], []];
  Object.assign(process.env, env);
  try {
    const code = await runCommandLine(
      args,
      'nestjs-eie',
      {
        write: text => void output.push(text),
        drained: () => Promise.resolve(),
        note: text => void notes.push(text),
        isInteractive: false,
        signal: new AbortController().signal,
      },
      COMMANDS,
    );
    return { code, output: output.join(''), notes: notes.join('') };
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
}
