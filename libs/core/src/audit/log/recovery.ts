import { join } from 'node:path';
import { type AuditFiles } from './audit-files.js';
import { AuditLogError } from './audit-log-error.js';
import { endedBy, isIntent, OpenIntents } from './open-intents.js';
import { type AuditEvent } from '../audit-event.js';
import { fileLines, parseRecord, recordsOf } from './read-records.js';
import { type LogOpened, type LogSegment } from './record-line.js';
import { MAX_UNSYNCED } from './segment.js';
import { recordsFolder, segmentPath, segmentsOf } from './segment-names.js';

/** A log as the process before has left it. */
export interface RecoveredLog {
  /** Which log it is; `undefined` for a new one. */
  readonly log?: string;
  readonly origin?: string;
  /** The first sequence number of the segment to go on with. */
  readonly segment: number;
  readonly next: number;
  readonly open: OpenIntents;
  /** The intents that have no outcome, in their order. */
  readonly unfinished: readonly AuditEvent[];
  /** Bytes of a write that was never confirmed. */
  readonly setAside: number;
}

/**
 * Reads the end of a log: where it goes on, and which intents have no outcome. What a loss of power has left of the last writes is set
 * aside in `damaged/`, not deleted. It is at most as long as what is confirmed together: damage before it is no accident.
 *
 * @throws AuditLogError `audit_log_changed` when records are missing or are not what was written
 */
export async function recoverLog(files: AuditFiles, folder: string): Promise<RecoveredLog> {
  const segments = await segmentsOf(files, folder);
  const last = segments.at(-1);
  if (last === undefined) return { segment: 0, next: 0, open: new OpenIntents(), unfinished: [], setAside: 0 };
  const { next, bytes } = await endOf(files, folder, last);
  const setAside = await setDamageAside(files, folder, last, bytes);
  // A new segment of which nothing was confirmed: the one before it is the last.
  if (next === last && segments.length > 1) {
    await files.remove(segmentPath(folder, last));
    await files.syncFolder(recordsFolder(folder));
    const before = await recoverLog(files, folder);
    return { ...before, setAside: before.setAside + setAside };
  }
  if (next === 0) return { segment: 0, next, open: new OpenIntents(), unfinished: [], setAside };
  if (next === last)
    throw new AuditLogError(
      'changed',
      `${segmentPath(folder, last)} holds no record, and the records before it are gone.`,
    );
  return { segment: last, next, setAside, ...(await contentsOf(files, folder, last)) };
}

/** The number after the last good record, and the length of the segment up to there. */
async function endOf(files: AuditFiles, folder: string, first: number): Promise<{ next: number; bytes: number }> {
  let [next, bytes] = [first, 0];
  for await (const { line, offset } of fileLines(files, segmentPath(folder, first))) {
    if (!parseRecord(line, next)) break;
    next += 1;
    bytes = offset + line.length + 1;
  }
  return { next, bytes };
}

async function setDamageAside(files: AuditFiles, folder: string, first: number, good: number): Promise<number> {
  const path = segmentPath(folder, first);
  const damaged = ((await files.state(path))?.size ?? 0) - good;
  if (damaged <= 0) return 0;
  if (damaged > MAX_UNSYNCED)
    throw new AuditLogError(
      'changed',
      `${path} is damaged from byte ${good} on, which is more than unfinished writes leave. Keep it, restore it from a copy, or start a new log.`,
    );
  const folderOfDamage = join(folder, 'damaged');
  await files.makeFolder(folderOfDamage);
  await keep(files, join(folderOfDamage, `${first}-${good}`), await files.read(path, good));
  await files.syncFolder(folderOfDamage);
  const file = await files.open(path);
  await file.truncate(good);
  await file.sync();
  await file.close();
  return damaged;
}

/** Of a repair that was itself interrupted the copy is there already; damage at the same place again gets a number. */
async function keep(files: AuditFiles, path: string, bytes: Uint8Array): Promise<void> {
  for (let i = 0; ; i++) {
    try {
      return await files.create(i ? `${path}-${i}` : path, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || i > 1000) throw error;
    }
  }
}

async function contentsOf(
  files: AuditFiles,
  folder: string,
  last: number,
): Promise<Pick<RecoveredLog, 'log' | 'origin' | 'open' | 'unfinished'>> {
  const head = await headOf(files, folder, last);
  const open = new OpenIntents();
  const unfinished = new Map<string, AuditEvent>();
  for await (const record of recordsOf(folder, head.type === 'log.segment' ? head.open_from : last, files)) {
    // The number of the record is not repeated in its outcome.
    const { seq, ...line } = record;
    open.note(seq, line);
    if (isIntent(line)) unfinished.set(line.id, line);
    unfinished.delete(endedBy(line) ?? '');
  }
  return { log: head.log, origin: head.origin, open, unfinished: [...unfinished.values()] };
}

async function headOf(files: AuditFiles, folder: string, first: number): Promise<LogOpened | LogSegment> {
  for await (const record of recordsOf(folder, first, files))
    if (record.type === 'log.segment' || record.type === 'log.opened') return record;
    else break;
  throw new AuditLogError('changed', `${segmentPath(folder, first)} does not begin as this log begins a segment.`);
}
