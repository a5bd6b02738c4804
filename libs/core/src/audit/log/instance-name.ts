import { hostname } from 'node:os';
import { join } from 'node:path';
import { EieConfigurationError } from '../../errors.js';
import { type AuditFiles } from './audit-files.js';
import { AuditLogError } from './audit-log-error.js';
import { InstanceLock } from './instance-lock.js';

/** The name of a folder beside others: `person-keys` is the folder of the keys of persons. */
export const INSTANCE_NAME = /^(?!person-keys$)\w[\w.-]{0,99}$/;
/** Processes of one host that share a folder without being named. */
const MAX_UNNAMED = 64;

export interface TakenInstance {
  readonly name: string;
  readonly folder: string;
  readonly lock: InstanceLock;
}

/**
 * The folder of this process, held by its lock. Without a name it is that of the host; of several processes on the host, each takes the
 * first that is free: `web-1`, `web-1.2`, `web-1.3`.
 *
 * @throws AuditLogError `audit_log_locked`; EieConfigurationError for a name that is no plain name of a folder
 */
export async function takeInstance(files: AuditFiles, directory: string, name?: string): Promise<TakenInstance> {
  if (name !== undefined && !INSTANCE_NAME.test(name))
    throw new EieConfigurationError(
      'The instance of an audit log must be a name of letters, digits, ".", "_" and "-", and not "person-keys".',
    );
  const names = name === undefined ? unnamed() : [name];
  for (const one of names) {
    const folder = join(directory, one);
    await files.makeFolder(folder);
    try {
      return { name: one, folder, lock: await InstanceLock.take(files, folder) };
    } catch (error) {
      if (!(error instanceof AuditLogError) || name !== undefined) throw error;
    }
  }
  throw new AuditLogError(
    'locked',
    `${directory} has ${MAX_UNNAMED} logs of this host, all in use. Name each with audit.instance.`,
  );
}

function unnamed(): string[] {
  const host = hostname().replace(/[^\w-]+/g, '-') || 'host';
  return [host, ...Array.from({ length: MAX_UNNAMED - 1 }, (_, i) => `${host}.${i + 2}`)];
}
