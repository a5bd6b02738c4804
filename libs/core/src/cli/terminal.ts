import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { type Command, type Terminal } from './command.js';
import { namedCommand, runCommandLine } from './run.js';

/**
 * Runs the command line of this process, and leaves its exit code.
 *
 * @param further commands beside those of the audit log
 */
export async function main(program: string, further: readonly Command[] = []): Promise<void> {
  const stop = new AbortController();
  const argv = process.argv.slice(2);
  if (namedCommand(argv, further)?.endsInOrder) process.once('SIGINT', () => stop.abort());
  let unwritten: string | undefined;
  for (const output of [process.stdout, process.stderr])
    output.on('error', ({ code = 'error' }: NodeJS.ErrnoException) => {
      if (!isGone(code, output)) unwritten ??= code;
      stop.abort();
    });
  const terminal: Terminal = {
    write: text => void process.stdout.write(text),
    drained: async () => {
      if (process.stdout.writableNeedDrain && !stop.signal.aborted)
        await once(process.stdout, 'drain', { signal: stop.signal }).catch(() => undefined);
    },
    note: text => void process.stderr.write(text),
    isInteractive: process.stdout.isTTY === true,
    ...(process.stdin.isTTY && process.stdout.isTTY && { ask: question => ask(question, stop.signal) }),
    signal: stop.signal,
  };
  const code = await runCommandLine(argv, program, terminal, further);
  await new Promise(resolve => process.stdout.write('', resolve));
  if (unwritten !== undefined) terminal.note(`The output is not complete: it cannot be written (${unwritten}).\n`);
  process.exitCode = unwritten === undefined ? code : 2;
}

/** Whoever reads has had enough, or the terminal is closed: `... | head`. */
const isGone = (code: string, output: NodeJS.WriteStream): boolean =>
  code === 'EPIPE' || (code === 'EIO' && output.isTTY);

/** An empty answer where the user gives up. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await Promise.race([lines.question(question, { signal }), once(lines, 'close').then(() => '')]);
  } catch {
    return '';
  } finally {
    lines.close();
  }
}
