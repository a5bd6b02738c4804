import { type AuditFiles } from './audit-files.js';
import { AuditLogError } from './audit-log-error.js';
import { nodeFiles } from './node-files.js';
import { type AuditRecord } from './record-line.js';
import { segmentPath, segmentsOf } from './segment-names.js';

const PIECE = 1_048_576;
const LINE_FEED = 0x0a;

/** One line of the log: its bytes are the leaf of the tree, without the line feed. */
export interface RecordLine {
  readonly seq: number;
  readonly line: Uint8Array;
  /** The path of its segment, and the number of the first record in it. */
  readonly segment: string;
  readonly first: number;
  /** Where it begins in the segment, in bytes. */
  readonly offset: number;
}

/** Where a line is, or will be. */
export interface LogPlace {
  /** The number of the first record in the segment. */
  readonly first: number;
  readonly seq: number;
  /** Bytes from the beginning of the segment. */
  readonly offset: number;
}

/**
 * The lines of a log from a sequence number on, to the end of what is complete. A last line without line feed is not a record yet. It
 * checks that no sequence number is missing, and nothing else: what a line says is the reader's to judge. Retention may remove the oldest segments
 * while they are read: then their lines are missing, and so are their numbers.
 *
 * @param folder of one instance: `<audit.directory>/<instance>`
 * @throws AuditLogError `audit_log_changed` where segments do not follow each other
 */
export async function* linesOf(folder: string, from = 0, files: AuditFiles = nodeFiles): AsyncGenerator<RecordLine> {
  const segments = await segmentsOf(files, folder);
  const start = Math.max(
    0,
    segments.findLastIndex(first => first <= from),
  );
  for await (const found of linesIn(files, folder, segments.slice(start))) if (found.seq >= from) yield found;
}

/**
 * The lines from a place on, without reading again what comes before it.
 *
 * @param place of a line, as {@link nextPlace} has given it
 * @throws AuditLogError `audit_log_changed` likewise, and where retention has removed the place
 */
export async function* linesFrom(folder: string, place: LogPlace, files = nodeFiles): AsyncGenerator<RecordLine> {
  const segments = await segmentsOf(files, folder);
  yield* linesIn(
    files,
    folder,
    segments.filter(first => first >= place.first),
    place,
  );
}

/** The place of the line that comes after. */
export const nextPlace = ({ seq, first, offset, line }: RecordLine): LogPlace => ({
  first,
  seq: seq + 1,
  offset: offset + line.length + 1,
});

async function* linesIn(
  files: AuditFiles,
  folder: string,
  segments: readonly number[],
  place?: LogPlace,
): AsyncGenerator<RecordLine> {
  let expected = place?.seq;
  for (const first of segments) {
    const segment = segmentPath(folder, first);
    const start = first === place?.first ? place : { first, offset: 0, seq: first };
    if (expected !== undefined && start.seq !== expected)
      throw changed(
        `${segment} should begin with record ${expected}. Records are missing before it: bring back the segment that was moved or compressed.`,
      );
    try {
      let seq = start.seq;
      for await (const { line, offset } of fileLines(files, segment, start.offset)) {
        yield { seq, line, segment, first, offset };
        seq += 1;
      }
      expected = seq;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      if (place || !(await isBeforeAll(files, folder, first)))
        throw changed(`${segment} was removed while it was read.`);
      // What retention removes is missed; what comes after follows on nothing.
      expected = undefined;
    }
  }
}

/** Retention removes the oldest segments alone: all that are there begin later. */
async function isBeforeAll(files: AuditFiles, folder: string, first: number): Promise<boolean> {
  const [oldest] = await segmentsOf(files, folder);
  return oldest !== undefined && oldest > first;
}

/** The same as {@link linesOf}, each line as the record that it is. */
export async function* recordsOf(folder: string, from = 0, files: AuditFiles = nodeFiles): AsyncGenerator<AuditRecord> {
  for await (const { seq, line, segment } of linesOf(folder, from, files)) {
    const record = parseRecord(line, seq);
    if (!record) throw changed(`Record ${seq} in ${segment} is not as it was written.`);
    yield record;
  }
}

/** The line begins as the writer begins it; whether the rest is as it was written is what the tree says. */
export function beginsAsRecord(line: Uint8Array, seq: number): boolean {
  const head = `{"seq":${seq},"v":1,`;
  return Buffer.from(line.subarray(0, head.length)).toString('latin1') === head && line.at(-1) === 0x7d;
}

/** The record of a line; `undefined` where it is none, or not the one of this number. */
export function parseRecord(line: Uint8Array, seq: number): AuditRecord | undefined {
  try {
    const record = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line)) as AuditRecord | null;
    return record?.seq === seq && record.v === 1 ? record : undefined;
  } catch {
    return undefined;
  }
}

/** The complete lines of a file, in pieces, whatever its length. @param from a byte at which a line begins */
export async function* fileLines(
  files: AuditFiles,
  path: string,
  from = 0,
): AsyncGenerator<{ readonly line: Uint8Array; readonly offset: number }> {
  let rest: Uint8Array = new Uint8Array();
  for (let position = from; ; position += PIECE) {
    const piece = await files.read(path, position, PIECE);
    const bytes = rest.length ? Buffer.concat([rest, piece]) : piece;
    let begin = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, begin)) {
      yield { line: bytes.subarray(begin, end), offset: position - rest.length + begin };
      begin = end + 1;
    }
    rest = bytes.subarray(begin);
    if (piece.length < PIECE) return;
  }
}

const changed = (message: string): AuditLogError => new AuditLogError('changed', message);
