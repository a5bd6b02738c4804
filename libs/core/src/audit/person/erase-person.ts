import { resolve } from 'node:path';
import { nodeFiles } from '../log/node-files.js';
import { type Person, PersonKeys } from './person-keys.js';

/**
 * Removes the key of a person: no record in this directory tells any more who its pseudonym was, and no record is changed. A process that writes
 * there notices it within a minute; if the person comes back, it gets another pseudonym.
 *
 * It does NOT reach what was copied before: backups of the folder of keys, records of a time without pseudonyms, traces.
 *
 * @param directory of all logs: `audit.directory`
 * @returns whether there was such a key
 * @throws the errors of the file system
 */
export async function erasePerson(directory: string, person: Person): Promise<boolean> {
  const keys = await PersonKeys.find(nodeFiles, resolve(directory));
  return (await keys?.remove(person)) ?? false;
}
