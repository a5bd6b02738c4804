import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';

/**
 * The files among those that have changes which are neither committed nor staged: two changes in one file are hard to tell apart afterwards. A file
 * that Git does not know counts not, since a new project has no commit.
 *
 * @returns their names as they are shown; none where there is no Git
 */
export function uncommitted(folder: string, files: readonly string[]): string[] {
  const { status, stdout } = spawnSync('git', ['status', '--porcelain', '-z', '--', ...files], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) return [];
  const names = stdout.split('\0').filter(line => line && !line.startsWith('??') && line[1] !== ' ');
  const changed = names.map(line => line.slice(3));
  return files
    .map(file => relative(folder, file))
    .filter(name => changed.some(one => one === name || one.endsWith(`/${name}`)));
}
