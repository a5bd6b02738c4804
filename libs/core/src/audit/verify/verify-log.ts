import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditFiles } from '../log/audit-files.js';
import { AuditLogError } from '../log/audit-log-error.js';
import { nodeFiles } from '../log/node-files.js';
import { beginsAsRecord, linesOf, parseRecord } from '../log/read-records.js';
import { segmentsOf } from '../log/segment-names.js';
import { equal } from '../proof/bytes.js';
import { formatVerifierKey } from '../proof/verifier-key.js';
import { PUBLIC_KEY } from '../tree/checkpoint-key.js';
import { type FullTile, HASH_LENGTH, MerkleTree } from '../tree/merkle-tree.js';
import { TILE_WIDTH } from '../tree/tile-path.js';
import { TileReader } from '../tree/tile-reader.js';
import { checkpointsToMeet, type ToMeet } from './checkpoints-to-meet.js';
import { edgeFromTiles } from './edge-from-tiles.js';
import { bySeq, located, type LogProblem } from './first-wrong-record.js';
import { keyOf, readWitness } from './verification-keys.js';

/** Problems that are listed; the log is broken by the first one. */
const MAX_PROBLEMS = 20;
/** Records between two words of progress. */
const PROGRESS = 50_000;
/** Times that a log is read which loses records meanwhile; retention may take a moment for many segments. */
const TRIES = 8;
/** Milliseconds. */
const PAUSE = 50;

export interface VerifyLogOptions {
  /** Folders of an anchor: where checkpoints are kept that whoever writes the log cannot change. */
  readonly anchors?: readonly string[];
  /** The key of the log, as C2SP signed-note writes it. Default: the one in the folder, which whoever writes the log may have made. */
  readonly key?: string | undefined;
  /** Keys of witnesses. */
  readonly witnesses?: readonly string[];
  /** @param done of the records @param total as the newest checkpoint has it; 0 where there is none */
  readonly onProgress?: (done: number, total: number) => void;
  readonly files?: AuditFiles;
}

/**
 * What a log proves. `anchored`: the records up to `anchoredUntil` are those that were there when a place outside this folder, or a witness, has seen
 * them; what came later only fits together. `self-consistent`: it fits together, and whoever has the folder and the key could have written it anew.
 * `broken`: it was changed, or damaged.
 */
export interface LogVerification {
  readonly state: 'anchored' | 'self-consistent' | 'broken';
  readonly origin?: string;
  /** The number of the first record; those before it were removed by retention. */
  readonly first: number;
  /** The number after the last record. */
  readonly size: number;
  /** How many checkpoints of the log itself are met. */
  readonly checkpoints: number;
  /** The number after the last record that a checkpoint covers. */
  readonly coveredUntil: number;
  /** The number after the last record that an outside copy of a checkpoint, or one with the signature of a witness, covers. */
  readonly anchoredUntil: number;
  readonly key?: { readonly text: string; readonly isTrusted: boolean };
  readonly problems: readonly LogProblem[];
}

/**
 * Reads a whole log and compares it with its tree, its checkpoints, and the copies of them outside. It only reads, so it may run beside the process
 * that writes the log.
 *
 * @param folder of one instance: `<audit.directory>/<instance>`
 * @throws TypeError for a key that is none
 */
export async function verifyAuditLog(folder: string, options: VerifyLogOptions = {}): Promise<LogVerification> {
  for (let tries = 1; ; tries++) {
    try {
      return await verified(folder, options);
    } catch (error) {
      if (!(error instanceof RemovedMeanwhile) || tries === TRIES) throw error;
      await sleep(PAUSE * tries);
    }
  }
}

/** Retention has removed records while they were read: what is left can be verified anew. */
class RemovedMeanwhile extends AuditLogError {
  constructor(folder: string) {
    super('changed', `${folder} loses records faster than they are read. Verify a copy of it.`);
  }
}

/** @throws RemovedMeanwhile */
async function verified(folder: string, options: VerifyLogOptions): Promise<LogVerification> {
  const { files = nodeFiles, onProgress } = options;
  const problems: LogProblem[] = [];
  const report = (what: string, seq?: number): void => {
    if (problems.length < MAX_PROBLEMS) problems.push(seq === undefined ? { what } : { seq, what });
  };
  const key = await keyOf(files, folder, options.key);
  const witnesses = await Promise.all((options.witnesses ?? []).map(readWitness));
  const meet = await checkpointsToMeet({ files, folder, anchors: options.anchors ?? [], key, witnesses, report });
  if (!key && meet.length) report(`There is no key of the log: neither one given nor one in ${PUBLIC_KEY}.`);
  const reader = new TileReader(files, folder);
  const first = (await segmentsOf(files, folder))[0] ?? 0;

  let [tree, keptFrom, isWrong] = [new MerkleTree(), 0, false];
  const met: ToMeet[] = [];
  const compare = (): void => {
    for (let next = meet[0]; next && next.size <= tree.size; next = meet[0]) {
      if (next.size === tree.size && equal(tree.root(), next.root)) met.push(next);
      else if (next.size === tree.size) report(`The ${next.size} records do not lead to ${next.where}.`);
      meet.shift();
    }
  };
  try {
    if (first > 0) tree = await edgeFromTiles(reader, first);
    while (meet[0] && meet[0].size < first) await compareRemoved(reader, meet.shift()!, met, report);
    compare();
    for await (const { seq, line, segment, offset } of linesOf(folder, first, files)) {
      if (seq !== tree.size) throw new RemovedMeanwhile(folder);
      if (offset === 0) keptFrom = Math.max(keptFrom, keptFromIn(line, seq));
      // After the first one every line may have another number.
      if (!isWrong && !beginsAsRecord(line, seq)) {
        isWrong = true;
        report(`The line is not record ${seq} of a log (${segment}).`, seq);
      }
      for (const tile of tree.append(line)) await compareTile(reader, tile, report);
      if (meet[0]?.size === tree.size) compare();
      if (tree.size % PROGRESS === 0) onProgress?.(tree.size, meet.at(-1)?.size ?? tree.size);
    }
    if (first > keptFrom)
      report(`The log keeps its records from ${keptFrom} on, and they begin at ${first}.`, keptFrom);
    for (const partial of await reader.partials(tree.edge, tree.size)) report(partial);
  } catch (error) {
    if (!(error instanceof AuditLogError) || error instanceof RemovedMeanwhile) throw error;
    report(error.message);
  }
  for (const { size, where } of meet)
    report(`There are ${tree.size} records, and ${size} in ${where}: records are missing at the end.`, tree.size);
  const reach = (which: (one: ToMeet) => boolean): number => Math.max(0, ...met.filter(which).map(({ size }) => size));
  const anchoredUntil = reach(({ isOutside }) => isOutside);
  return {
    state: problems.length ? 'broken' : anchoredUntil ? 'anchored' : 'self-consistent',
    ...(key && { origin: key.key.name, key: { text: formatVerifierKey(key.key), isTrusted: key.isTrusted } }),
    first,
    size: tree.size,
    checkpoints: met.filter(({ isOutside }) => !isOutside).length,
    coveredUntil: reach(() => true),
    anchoredUntil,
    problems: await located(bySeq(problems), { files, folder, reader, first }),
  };
}

/** Of the first record of a segment: from where on the log keeps its records. */
function keptFromIn(line: Uint8Array, seq: number): number {
  const record = parseRecord(line, seq);
  return record?.type === 'log.segment' && Number.isSafeInteger(record.kept_from) ? record.kept_from : 0;
}

async function compareRemoved(
  reader: TileReader,
  next: ToMeet,
  met: ToMeet[],
  report: (what: string) => void,
): Promise<void> {
  if (equal(await reader.root(next.size), next.root)) met.push(next);
  else report(`The tiles do not lead to ${next.where}.`);
}

async function compareTile(
  reader: TileReader,
  { level, index, hashes }: FullTile,
  report: (what: string, seq?: number) => void,
): Promise<void> {
  const kept = await reader.read(level, index);
  // Tiles are written behind the log: a missing one is made again at the next start.
  if (!kept) return;
  const wrong = hashes.findIndex((byte, i) => byte !== kept[i]);
  if (wrong < 0) return;
  const seq = index * TILE_WIDTH + Math.floor(wrong / HASH_LENGTH);
  report(`Tile ${index} of level ${level} is not that of the records.`, level === 0 ? seq : undefined);
}
