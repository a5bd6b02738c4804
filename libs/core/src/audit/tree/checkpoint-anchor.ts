import { join } from 'node:path';
import { type AuditFiles } from '../log/audit-files.js';
import { nodeFiles } from '../log/node-files.js';
import { CheckpointFiles } from './checkpoint-files.js';

/**
 * A place for checkpoints that whoever can change the log cannot change: another machine, a write-once store, a witness. Without one the log
 * proves only that it fits together, not that it was never written anew.
 */
export interface CheckpointAnchor {
  /** For the operator: `s3://audit-anchor`, `witness.example`. */
  readonly name: string;
  /**
   * Keeps a signed checkpoint. Where it rejects, the operator is told, and the next checkpoint is tried.
   *
   * @param checkpoint a signed note: C2SP tlog-checkpoint
   * @returns the signature lines of witnesses, to be kept with it, each with its line feed; or nothing
   */
  publish(checkpoint: string): Promise<string | undefined | void>;
  /** The newest checkpoint of this log that it has, so that a log which was rolled back does not start. */
  newest?(origin: string): Promise<string | undefined>;
}

/** An anchor cannot be used as it is. Its message says what to do. */
export class AnchorError extends Error {
  override readonly name = 'AnchorError';
}

/** The folder of one log among those of others. */
export const anchorFolder = (directory: string, origin: string): string =>
  join(directory, origin.replace(/[^\w.-]+/g, '_'));

/**
 * Keeps checkpoints in a folder: on another machine, or on a volume that this process can only add to. A folder on the same disk anchors nothing.
 * It is NOT made: where it is missing, a volume may not be mounted.
 *
 * @example audit: { anchor: folderAnchor('/mnt/write-once/checkpoints') }
 */
export function folderAnchor(directory: string, files: AuditFiles = nodeFiles): CheckpointAnchor {
  return {
    name: directory,
    async publish(checkpoint) {
      if (!(await files.state(directory)))
        throw new AnchorError(`there is no folder ${directory}: mount it, or make it`);
      const folder = new CheckpointFiles(files, anchorFolder(directory, checkpoint.slice(0, checkpoint.indexOf('\n'))));
      try {
        await folder.append(checkpoint, Date.now());
      } finally {
        await folder.close();
      }
    },
    newest: async origin => (await new CheckpointFiles(files, anchorFolder(directory, origin)).newest())?.text,
  };
}
