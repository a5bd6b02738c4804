import { MerkleTree } from '../tree/merkle-tree.js';
import { recordsBelow, TILE_WIDTH } from '../tree/tile-path.js';
import { type TileReader } from '../tree/tile-reader.js';

/** The tree over records that retention has removed: their hashes are in the tiles, and checkpoints say whether those are the right ones. */
export async function edgeFromTiles(reader: TileReader, size: number): Promise<MerkleTree> {
  const edge: Uint8Array[] = [];
  for (let level = 0; recordsBelow(level) <= size; level++) {
    const count = Math.floor(size / recordsBelow(level));
    const width = count % TILE_WIDTH;
    edge.push(width ? await reader.hashes(level, count - width, width) : new Uint8Array());
  }
  return new MerkleTree(size, edge);
}
