import { join } from 'node:path';
import { type AuditFiles } from './audit-files.js';
import { AuditLogError } from './audit-log-error.js';
import { recordsFolder } from './segment-names.js';

interface Place {
  readonly files: AuditFiles;
  readonly folder: string;
}

/** Says which log is in the folder, so that a log whose records are all gone is not taken for a new one. */
const begunPath = (folder: string): string => join(folder, 'log.id');

/** After the first record of a new log is confirmed. */
export async function noteBegun({ files, folder }: Place, log: string): Promise<void> {
  if (await files.state(begunPath(folder))) return;
  await files.create(begunPath(folder), Buffer.from(`${log}\n`));
  await files.syncFolder(folder);
}

/** @throws AuditLogError `audit_log_changed` where the folder has had a log */
export async function assertNew({ files, folder }: Place): Promise<void> {
  if (!(await files.state(begunPath(folder)))) return;
  throw new AuditLogError(
    'changed',
    `${folder} has had a log, and its records are gone. Put the files of ${recordsFolder(folder)} back. If they are lost, keep the folder as it is and give audit.instance another name: a new log begins there.`,
  );
}
