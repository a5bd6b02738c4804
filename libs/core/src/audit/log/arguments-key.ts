import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type AuditFiles } from './audit-files.js';
import { AuditLogError } from './audit-log-error.js';

const LENGTH = 32;

/**
 * The key of the digests of arguments, in the folder of a log; it is made where there is none. Without it the digests say nothing any more, and
 * the log stays as valid as it was.
 *
 * @throws AuditLogError `audit_log_changed` when the file holds something else
 */
export async function argumentsKey(files: AuditFiles, folder: string): Promise<Uint8Array> {
  const path = join(folder, 'arguments.key');
  if (!(await files.state(path))) {
    await files.create(path, randomBytes(LENGTH));
    await files.syncFolder(folder);
  }
  const key = await files.read(path);
  if (key.length !== LENGTH)
    throw new AuditLogError(
      'changed',
      `${path} is no key of ${LENGTH} bytes. Restore it, or remove it: a new one is made.`,
    );
  return key;
}
