import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Runs a command to its end and returns what it printed to stdout; throws with all of it when the command fails. */
export const run = async (command, args, cwd) => (await runLoudly(command, args, cwd)).stdout;

/** The same, with what it printed to stderr beside it. */
export function runLoudly(command, args, cwd = root) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`));
      else resolve({ stdout, stderr });
    });
  });
}
