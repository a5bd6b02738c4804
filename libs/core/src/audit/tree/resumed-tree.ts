import { AuditLogError } from '../log/audit-log-error.js';
import { type AuditFiles } from '../log/audit-files.js';
import { linesOf } from '../log/read-records.js';
import { recordsFolder, segmentsOf } from '../log/segment-names.js';
import { equal } from '../proof/bytes.js';
import { type Checkpoint } from '../proof/checkpoint.js';
import { type FullTile, MerkleTree, rootOver } from './merkle-tree.js';
import { TILE_WIDTH } from './tile-path.js';
import { TileReader } from './tile-reader.js';

export interface ResumedTree {
  readonly tree: MerkleTree;
  /** Those that are not written yet. */
  readonly full: readonly FullTile[];
}

/**
 * The tree over the lines of a log, from its tiles as far as they go. Tiles are derived and were never confirmed by the device, so where they do not
 * lead to the known checkpoints the tree is made anew from the lines.
 *
 * @param next the number of the record that comes next
 * @param known checkpoints that the log must fit, of any size
 * @throws AuditLogError `audit_log_changed` when the lines do not lead to a known checkpoint either
 */
export async function resumeTree(
  files: AuditFiles,
  folder: string,
  next: number,
  known: readonly Checkpoint[],
): Promise<ResumedTree> {
  for (const { size } of known)
    if (size > next)
      throw changed(
        `A checkpoint of ${size} records is known, but the log has ${next}: records were removed from its end.`,
      );
  const fromTiles = await resume(files, folder, next, known).catch(ifChanged);
  if (fromTiles?.tree.size === next) return fromTiles;
  const anew = await extend(files, folder, new MerkleTree(), known);
  if (anew && anew.tree.size === next) return anew;
  const needed = (await treeOf(new TileReader(files, folder), next).catch(ifChanged))?.size ?? 0;
  const [oldest = 0] = await segmentsOf(files, folder);
  if (oldest > needed)
    throw changed(
      `The records of ${folder} begin with ${oldest}, and the log cannot start without those from ${needed} on. Bring back the segments that were moved or compressed, into ${recordsFolder(folder)}. If nobody has moved them, keep the folder as it is, it is evidence, and give audit.instance another name: a new log begins there.`,
    );
  throw changed(
    `The records of ${folder} do not lead to the checkpoint that is known of them: records were changed. Keep the folder as it is, it is evidence, and give audit.instance another name: a new log begins there.`,
  );
}

async function resume(
  files: AuditFiles,
  folder: string,
  next: number,
  known: readonly Checkpoint[],
): Promise<ResumedTree | undefined> {
  const reader = new TileReader(files, folder);
  const tree = await treeOf(reader, next);
  for (const { size, root } of known) if (size < tree.size && !equal(await reader.root(size), root)) return undefined;
  return extend(files, folder, tree, known);
}

/** Only full tiles are read: what is not full may be of any time before. */
async function treeOf(reader: TileReader, next: number): Promise<MerkleTree> {
  let count = Math.floor(next / TILE_WIDTH);
  while (count > 0 && !(await reader.read(0, count - 1))) count -= 1;
  const size = count * TILE_WIDTH;
  const edge: Uint8Array[] = [new Uint8Array()];
  for (let level = 0; count > 0; level++) {
    const full = Math.floor(count / TILE_WIDTH);
    const hashes: Uint8Array[] = [];
    for (let index = full * TILE_WIDTH; index < count; index++) {
      const tile = await reader.read(level, index);
      if (!tile) throw changed(`Tile ${index} of level ${level} is missing.`);
      hashes.push(rootOver(tile));
    }
    edge.push(Buffer.concat(hashes));
    count = full;
  }
  return new MerkleTree(size, edge);
}

/** @returns `undefined` where the lines do not lead to a known checkpoint */
async function extend(
  files: AuditFiles,
  folder: string,
  tree: MerkleTree,
  known: readonly Checkpoint[],
): Promise<ResumedTree | undefined> {
  const full: FullTile[] = [];
  const fits = (): boolean => known.every(({ size, root }) => size !== tree.size || equal(tree.root(), root));
  if (!fits()) return undefined;
  for await (const { seq, line } of linesOf(folder, tree.size, files)) {
    if (seq !== tree.size) return undefined;
    full.push(...tree.append(line));
    if (!fits()) return undefined;
  }
  return { tree, full };
}

function ifChanged(error: unknown): undefined {
  if (error instanceof AuditLogError) return undefined;
  throw error;
}

const changed = (message: string): AuditLogError => new AuditLogError('changed', message);
