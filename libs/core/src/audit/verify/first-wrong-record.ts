import { type AuditFiles } from '../log/audit-files.js';
import { AuditLogError } from '../log/audit-log-error.js';
import { linesOf } from '../log/read-records.js';
import { equal } from '../proof/bytes.js';
import { leafHashOf } from '../tree/merkle-tree.js';
import { type TileReader } from '../tree/tile-reader.js';

/** One thing that is not as it must be. */
export interface LogProblem {
  /** The first record that it concerns, where that is known. */
  readonly seq?: number;
  readonly what: string;
}

/** The first wrong record first. */
export const bySeq = (problems: readonly LogProblem[]): LogProblem[] =>
  [...problems].sort((one, other) => (one.seq ?? Number.MAX_SAFE_INTEGER) - (other.seq ?? Number.MAX_SAFE_INTEGER));

/** Of a broken log: the first record that is not the one in its tile, which is the first that was changed unless its tile was changed too. */
export async function located(
  problems: readonly LogProblem[],
  { files, folder, reader, first }: { files: AuditFiles; folder: string; reader: TileReader; first: number },
): Promise<readonly LogProblem[]> {
  if (!problems.length) return problems;
  const known = Math.min(...problems.map(({ seq = Infinity }) => seq));
  try {
    for await (const { seq, line } of linesOf(folder, first, files)) {
      const hash = seq < known ? await reader.leaf(seq) : undefined;
      if (!hash) break;
      if (!equal(leafHashOf(line), hash))
        return [{ seq, what: 'The first record that is not the one in its tile.' }, ...problems];
    }
  } catch (error) {
    if (!(error instanceof AuditLogError)) throw error;
  }
  return problems;
}
