import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILES = ['package.json', 'package-lock.json'];

/** Installs Nest 11.2 and what the applications use with it, once for each lock file. @returns the folder, as a URL */
export function installNest11() {
  const hash = createHash('sha256');
  for (const file of FILES) hash.update(readFileSync(new URL(file, import.meta.url)));
  const folder = new URL(`../../../node_modules/.cache/promises-nest-11/`, import.meta.url);
  const done = new URL('installed', folder);
  const version = hash.digest('hex');
  if (existsSync(done) && readFileSync(done, 'utf8') === version) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of FILES) cpSync(new URL(file, import.meta.url), new URL(file, folder));
  execFileSync('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: fileURLToPath(folder),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  writeFileSync(done, version);
  return folder;
}
