import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { type Command, type Terminal } from './command.js';
import { runCommandLine } from './run.js';

/**
 * Runs the command line of this process, and leaves its exit code.
 *
 * @param further commands beside those of the audit log
 */
export async function main(program: string, further: readonly Command[] = []): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  // Whoever reads has had enough, or the terminal is closed: `... | head`.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => stop.abort());
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
  process.exitCode = await runCommandLine(process.argv.slice(2), program, terminal, further);
}

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
