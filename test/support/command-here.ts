import { type Command, runCommandLine } from 'execution-identity/internal/cli';
import { type Ran } from './command-line.js';

/** What the binary of nestjs-eie runs has no published name. */
const COMMANDS = new URL('../../libs/eie/src/cli/commands.ts', import.meta.url).href;

/** Runs a command of nestjs-eie in this process: what it looks at is what the test has. */
export async function runHere(args: readonly string[]): Promise<Ran> {
  const commands = (await import(COMMANDS)) as { COMMANDS: readonly Command[] };
  let [output, notes] = ['', ''];
  const terminal = {
    write: (text: string) => void (output += text),
    note: (text: string) => void (notes += text),
    drained: async () => undefined,
    isInteractive: false,
    signal: new AbortController().signal,
  };
  const code = await runCommandLine(args, 'nestjs-eie', terminal, commands.COMMANDS);
  return { code, output, notes };
}
