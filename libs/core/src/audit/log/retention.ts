import { type AuditFiles } from './audit-files.js';
import { recordsOf } from './read-records.js';
import { recordsFolder, segmentPath, segmentsOf } from './segment-names.js';

/**
 * The segments that may go, and the first record that stays: every record before it is older than `before`, and comes before `needed`.
 *
 * @param before milliseconds since the epoch
 * @param needed a sequence number
 */
export async function removableSegments(
  files: AuditFiles,
  folder: string,
  { before, needed }: { before: number; needed: number },
): Promise<{ readonly removable: readonly number[]; readonly keptFrom: number }> {
  const segments = await segmentsOf(files, folder);
  const removable: number[] = [];
  for (const [i, first] of segments.entries()) {
    const next = segments[i + 1];
    if (next === undefined || next > needed || (await timeOf(files, folder, next)) > before) break;
    removable.push(first);
  }
  return { removable, keptFrom: segments[removable.length] ?? 0 };
}

export async function removeSegments(files: AuditFiles, folder: string, segments: readonly number[]): Promise<void> {
  for (const first of segments) await files.remove(segmentPath(folder, first));
  if (segments.length) await files.syncFolder(recordsFolder(folder));
}

/** When its first record was written, which is after all records before it; never, where there is none yet. */
async function timeOf(files: AuditFiles, folder: string, first: number): Promise<number> {
  for await (const { time } of recordsOf(folder, first, files)) return Date.parse(time);
  return Infinity;
}
