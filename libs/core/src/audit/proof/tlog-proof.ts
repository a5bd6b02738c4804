import { base64, type Bytes, fromBase64 } from './bytes.js';

const HEADER = 'c2sp.org/tlog-proof@v1';
const HASH_LENGTH = 32;
/** As many as a tree of 2^53 records has levels. */
const MAX_HASHES = 53;

/** That a record is in a log: C2SP tlog-proof. */
export interface TlogProof {
  /** The number of the record. */
  readonly index: number;
  readonly hashes: readonly Bytes[];
  /** A signed note. */
  readonly checkpoint: string;
}

export const formatTlogProof = ({ index, hashes, checkpoint }: TlogProof): string =>
  [HEADER, `index ${index}`, ...hashes.map(base64), '', checkpoint].join('\n');

/** @returns `undefined` for what is none */
export function parseTlogProof(text: string): TlogProof | undefined {
  const end = text.indexOf('\n\n');
  if (end < 0) return undefined;
  const [header, ...lines] = text.slice(0, end).split('\n');
  if (lines[0]?.startsWith('extra ') && fromBase64(lines[0].slice('extra '.length)) !== undefined) lines.shift();
  const [, digits] = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '') ?? [];
  if (header !== HEADER || digits === undefined || lines.length > MAX_HASHES) return undefined;
  const hashes = lines.map(fromBase64);
  if (!hashes.every(hash => hash?.length === HASH_LENGTH)) return undefined;
  return { index: Number(digits), hashes: hashes as Bytes[], checkpoint: text.slice(end + 2) };
}
