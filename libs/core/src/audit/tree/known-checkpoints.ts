import { errorName } from '../../ports/diagnostics.js';
import { withinDeadline } from '../../ports/deadline.js';
import { AuditLogError } from '../log/audit-log-error.js';
import { signedBy } from '../proof/note.js';
import { type AuditFiles } from '../log/audit-files.js';
import { AnchorError, type CheckpointAnchor } from './checkpoint-anchor.js';
import { CheckpointFiles, type KeptCheckpoint, openCheckpoint } from './checkpoint-files.js';
import { type CheckpointSigner, keyOfLog } from './checkpoint-key.js';

/** Milliseconds that an anchor may take. */
export const ANCHOR_DEADLINE = 10_000;

export interface KnownCheckpointsParts {
  readonly files: AuditFiles;
  readonly folder: string;
  readonly origin: string;
  readonly signer: CheckpointSigner;
  readonly anchor?: CheckpointAnchor | undefined;
  /** Tells the operator. */
  readonly tell: (level: 'error' | 'info', what: string) => void;
}

/** The newest checkpoint of a log that each place has. */
export interface KnownCheckpoints {
  readonly own: KeptCheckpoint | undefined;
  readonly outside: KeptCheckpoint | undefined;
}

/**
 * What is known of a log before its process goes on with it.
 *
 * @throws AuditLogError `audit_log_changed` where a checkpoint is not of this log, or not signed by its key
 */
export async function knownCheckpoints({
  files,
  folder,
  origin,
  signer,
  anchor,
  tell,
}: KnownCheckpointsParts): Promise<KnownCheckpoints> {
  const own = await new CheckpointFiles(files, folder).newest();
  const text = await newestAt(anchor, origin).catch((error: unknown) => tell('error', anchorFailure(anchor, error)));
  const outside = text ? openCheckpoint(text) : undefined;
  if (text && !outside) throw new AuditLogError('changed', `The newest checkpoint at ${anchor?.name} cannot be read.`);
  for (const one of [own, outside]) if (one) await assertOwn(one, origin, signer);
  return { own, outside };
}

/** An anchor that cannot be asked does not keep the application from starting: the operator is told, and `verify` compares later. */
async function newestAt(anchor: CheckpointAnchor | undefined, origin: string): Promise<string | undefined> {
  if (!anchor?.newest) return undefined;
  return withinDeadline(ANCHOR_DEADLINE, () => anchor.newest?.(origin));
}

async function assertOwn(checkpoint: KeptCheckpoint, origin: string, signer: CheckpointSigner): Promise<void> {
  const signed = await signedBy(checkpoint.note, await keyOfLog(origin, signer));
  if (checkpoint.origin === origin && signed.by === 'key') return;
  const what =
    checkpoint.origin === origin
      ? 'is not signed by the key of this log'
      : `is one of another log, ${JSON.stringify(checkpoint.origin)}`;
  throw new AuditLogError(
    'changed',
    `The newest checkpoint ${what}: the records, the checkpoints or the key were exchanged. Put back what belongs to it; or keep the folder as it is and give audit.instance another name: a new log begins there.`,
  );
}

/** For the operator: what failed, and what becomes of the checkpoint. */
export const anchorFailure = (anchor: CheckpointAnchor | undefined, error: unknown): string =>
  `checkpoints do not get to audit.anchor ${anchor?.name} (${error instanceof AnchorError ? error.message : errorName(error)}). They are kept here, and the next one is tried.`;
