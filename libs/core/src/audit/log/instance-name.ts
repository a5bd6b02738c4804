import { hostname } from 'node:os';
import { join } from 'node:path';
import { type AuditFiles } from './audit-files.js';
import { AuditLogError } from './audit-log-error.js';
import { InstanceLock } from './instance-lock.js';

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
 * @throws AuditLogError `audit_log_locked`
 */
export async function takeInstance(files: AuditFiles, directory: string, name?: string): Promise<TakenInstance> {
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
