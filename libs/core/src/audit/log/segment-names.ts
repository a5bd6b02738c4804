import { join } from 'node:path';
import { type AuditFiles } from './audit-files.js';

const DIGITS = 20;
const NAME = /^(\d{20})\.jsonl$/;

export const recordsFolder = (folder: string): string => join(folder, 'records');

/** A segment is named after the sequence number of its first record. */
export const segmentPath = (folder: string, first: number): string =>
  join(recordsFolder(folder), `${String(first).padStart(DIGITS, '0')}.jsonl`);

/** The first sequence numbers of the segments of a log, lowest first. */
export async function segmentsOf(files: AuditFiles, folder: string): Promise<number[]> {
  const names = await files.list(recordsFolder(folder));
  return names
    .map(name => NAME.exec(name)?.[1])
    .filter(digits => digits !== undefined)
    .map(Number)
    .sort((one, other) => one - other);
}
