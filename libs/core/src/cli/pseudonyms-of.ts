import { dirname } from 'node:path';
import { nodeFiles } from '../audit/log/node-files.js';
import { PersonKeys } from '../audit/person/person-keys.js';
import { pseudonym } from '../audit/person/pseudonyms.js';

/** What stands for a subject in these logs, for each issuer and tenant that has one of this name. Erased persons have none. */
export async function pseudonymsOf(sub: string, folders: readonly string[]): Promise<string[]> {
  const directories = [...new Set(folders.map(folder => dirname(folder)))];
  const keys = await Promise.all(
    directories.map(async directory => (await PersonKeys.find(nodeFiles, directory))?.named(sub) ?? []),
  );
  return keys.flat().map(key => pseudonym(key, 'actor_sub', sub));
}
