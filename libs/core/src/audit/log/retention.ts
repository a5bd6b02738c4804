import { type AuditFiles } from './audit-files.js';
import { recordsOf } from './read-records.js';
import { recordsFolder, segmentPath, segmentsOf } from './segment-names.js';

/**
 * The segments that may go, as the newest begins, and the first record that stays: every record before it comes before `needed`, and was old enough
 * already when the segment began that has just ended. A clock that runs far ahead for a while so removes nothing.
 *
 * @param now milliseconds since the epoch
 * @param keepFor seconds
 * @param needed a sequence number
 */
export async function removableSegments(
  files: AuditFiles,
  folder: string,
  { now, keepFor, needed }: { now: number; keepFor: number; needed: number },
): Promise<{ readonly removable: readonly number[]; readonly keptFrom: number }> {
  const segments = await segmentsOf(files, folder);
  const ended = segments.at(-2);
  const before = Math.min(now, ended === undefined ? now : await timeOf(files, folder, ended)) - keepFor * 1000;
  let removable = 0;
  for (const [i, next] of segments.slice(1).entries()) {
    if (next > needed) break;
    const time = await timeOf(files, folder, next);
    if (time <= before) removable = i + 1;
    // A time that is to come is that of a wrong clock: the next segment tells.
    else if (time <= now) break;
  }
  return { removable: segments.slice(0, removable), keptFrom: segments[removable] ?? 0 };
}

export async function removeSegments(files: AuditFiles, folder: string, segments: readonly number[]): Promise<void> {
  for (const first of segments) await files.remove(segmentPath(folder, first));
  if (segments.length) await files.syncFolder(recordsFolder(folder));
}

/** When the first record of a segment was written, which is after all records before it; never, where there is none yet. Milliseconds. */
export async function timeOf(files: AuditFiles, folder: string, first: number): Promise<number> {
  for await (const { time } of recordsOf(folder, first, files)) return Date.parse(time);
  return Infinity;
}
