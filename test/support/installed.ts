import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Debian keeps the programs of a PostgreSQL server off the path. */
const POSTGRES = '/usr/lib/postgresql';

/** Where a program is that the tests start, of PostgreSQL the newest; `undefined` where it is not installed. */
export function installed(program: string): string | undefined {
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES).sort((one, other) => Number(other) - Number(one)) : [];
  const folders = [...versions.map(version => join(POSTGRES, version, 'bin')), ...(process.env.PATH ?? '').split(':')];
  return folders.map(folder => join(folder, program)).find(path => existsSync(path));
}
