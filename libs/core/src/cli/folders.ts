import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { nodeFiles } from '../audit/log/node-files.js';
import { keyOf } from '../audit/verify/verification-keys.js';
import { UsageError } from './command.js';

/** Of `audit.directory`. */
const DEFAULT_FOLDER = 'eie-audit';

/** What only the folder of a log has. One whose records were removed is a log all the same: it must not be passed over. */
const OF_A_LOG = ['records', 'log.id', 'checkpoint.pub'];

const isLog = (names: readonly string[] | undefined): boolean =>
  names !== undefined && OF_A_LOG.some(name => names.includes(name));

/**
 * The folders of the logs at a path: that of one process, or all that are in an `audit.directory`.
 *
 * @throws UsageError where there is none
 */
export async function logFolders(path = DEFAULT_FOLDER): Promise<string[]> {
  const folder = resolve(path);
  const names = await namesIn(folder);
  if (!names)
    throw new UsageError(`There is no folder ${folder}. Name the folder of audit.directory, or of one instance in it.`);
  if (isLog(names)) return [folder];
  const found: string[] = [];
  for (const name of names.sort()) {
    if (name === 'lost+found') continue;
    if (isLog(await namesIn(join(folder, name)))) found.push(join(folder, name));
  }
  if (!found.length)
    throw new UsageError(
      `There is no audit log in ${folder}: it has no folder "records", and none of its folders has one.`,
    );
  return found;
}

/**
 * `undefined` where there is no such folder. One that cannot be read may be a log: it is not passed over.
 *
 * @throws the errors of the file system
 */
const namesIn = (folder: string): Promise<string[] | undefined> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });

/** @throws UsageError where there is none */
export async function assertFolder(path: string): Promise<void> {
  await readdir(path).catch(() => {
    throw new UsageError(`There is no folder ${resolve(path)}.`);
  });
}

/** @throws UsageError where there are several */
export async function oneLogFolder(path?: string): Promise<string> {
  const [folder, ...more] = await logFolders(path);
  if (more.length)
    throw new UsageError(`There are ${more.length + 1} logs here. Name one of them: ${[folder, ...more].join(', ')}`);
  return folder!;
}

/** @param log the origin of its checkpoints @throws UsageError where no log of the path has it */
export async function folderOfLog(log: string, path?: string): Promise<string> {
  for (const folder of await logFolders(path))
    if ((await keyOf(nodeFiles, folder, undefined))?.key.name === log) return folder;
  throw new UsageError(`No log here is ${log}.`);
}
