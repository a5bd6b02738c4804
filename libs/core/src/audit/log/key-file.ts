import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { type AuditFiles } from './audit-files.js';
import { AuditLogError } from './audit-log-error.js';

const LENGTH = 32;

/** The key in a file, or `undefined` where there is none. @throws AuditLogError `audit_log_changed` when the file holds something else */
export async function readKeyFile(files: AuditFiles, path: string): Promise<Uint8Array | undefined> {
  const key = await files.read(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (key && key.length !== LENGTH)
    throw new AuditLogError(
      'changed',
      `${path} is no key of ${LENGTH} bytes. Restore it, or remove it: a new one is made.`,
    );
  return key;
}

/**
 * The random key in a file, which is made where there is none and survives a loss of power. Several processes may ask at once: all get the same.
 *
 * @throws AuditLogError `audit_log_changed` when the file holds something else
 */
export async function keyFile(files: AuditFiles, path: string): Promise<Uint8Array> {
  const known = await readKeyFile(files, path);
  if (known) return known;
  await files.create(path, randomBytes(LENGTH)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  await files.syncFolder(dirname(path));
  return (await readKeyFile(files, path)) ?? keyFile(files, path);
}
