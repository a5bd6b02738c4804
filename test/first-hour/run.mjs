import { spawn } from 'node:child_process';

/**
 * Runs a command of a shell to its end, with nobody to answer a question.
 *
 * @returns what it printed; throws with all of it where it fails
 */
export function shell(command, folder, env = {}) {
  const child = spawn('sh', ['-c', command], {
    cwd: folder,
    // What this machine has fetched before is not asked for again.
    env: { ...process.env, NO_COLOR: '1', npm_config_prefer_offline: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, notes] = ['', ''];
  child.stdout.on('data', chunk => (output += chunk));
  child.stderr.on('data', chunk => (notes += chunk));
  return new Promise((resolve, reject) => {
    child.on('close', code =>
      code === 0
        ? resolve(output)
        : reject(new Error(`${command} (in ${folder}) ended with ${code}\n${output}${notes}`)),
    );
  });
}
