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
  readonly segment: string;
  /** Where it begins in the segment, in bytes. */
  readonly offset: number;
}

/**
 * The lines of a log from a sequence number on, to the end of what is complete. A last line without line feed is not a record yet. It
 * checks that no sequence number is missing, and nothing else: what a line says is the reader's to judge.
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
  let seq: number | undefined;
  for (const first of segments.slice(start)) {
    const segment = segmentPath(folder, first);
    if (seq !== undefined && first !== seq)
      throw changed(`${segment} should begin with record ${seq}. Records are missing before it.`);
    try {
      let next = first;
      for await (const { line, offset } of linesIn(files, segment)) {
        if (next >= from) yield { seq: next, line, segment, offset };
        next += 1;
      }
      seq = next;
    } catch (error) {
      // Retention may remove the first ones while they are read.
      if (seq !== undefined || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** The same as {@link linesOf}, each line as the record that it is. */
export async function* recordsOf(folder: string, from = 0, files: AuditFiles = nodeFiles): AsyncGenerator<AuditRecord> {
  for await (const { seq, line, segment } of linesOf(folder, from, files)) {
    const record = parseRecord(line, seq);
    if (!record) throw changed(`Record ${seq} in ${segment} is not as it was written.`);
    yield record;
  }
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

/** The complete lines of a file, in pieces, whatever its length. */
export async function* linesIn(
  files: AuditFiles,
  path: string,
): AsyncGenerator<{ readonly line: Uint8Array; readonly offset: number }> {
  let rest: Uint8Array = new Uint8Array();
  for (let position = 0; ; position += PIECE) {
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
