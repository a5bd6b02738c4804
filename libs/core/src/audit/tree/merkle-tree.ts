import { hash } from 'node:crypto';
import { TILE_WIDTH } from './tile-path.js';

export const HASH_LENGTH = 32;
/** RFC 6962 §2.1. */
const LEAF = Buffer.of(0);
const node = Buffer.alloc(1 + 2 * HASH_LENGTH, 1);

/** @param line as bytes, or as a text that is written as UTF-8 */
export const leafHashOf = (line: Uint8Array | string): Buffer =>
  hash('sha256', typeof line === 'string' ? `\0${line}` : Buffer.concat([LEAF, line]), 'buffer');

export function nodeHashOf(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1);
  node.set(right, 1 + HASH_LENGTH);
  return hash('sha256', node, 'buffer');
}

/** The root over subtrees that are all of one size, but for the last one, which may be smaller: RFC 6962 §2.1. */
export function rootOver(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return hash('sha256', '', 'buffer');
  let level = hashes;
  // What has no neighbour goes up as it is.
  while (level.length > 1) level = pairs(level);
  return level[0]!;
}

function pairs(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let i = 0; i + 1 < level.length; i += 2) above.push(nodeHashOf(level[i]!, level[i + 1]!));
  if (level.length % 2) above.push(level.at(-1)!);
  return above;
}

/** A tile that got its last hash. */
export interface FullTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
}

/**
 * The tree over the lines of a log: RFC 6962. Of what is full it keeps nothing but one hash above, so its size in memory does not grow with the log.
 */
export class MerkleTree {
  /** By level: the hashes of the tile that is not full yet. */
  readonly #edge: Uint8Array[][];
  #size: number;

  /** @param edge as {@link edge} has given it; none for an empty tree */
  constructor(size = 0, edge: readonly (readonly Uint8Array[])[] = []) {
    this.#size = size;
    this.#edge = edge.map(hashes => [...hashes]);
  }

  /** In records. */
  get size(): number {
    return this.#size;
  }

  /** By level: the hashes of the tile that is not full yet. */
  get edge(): readonly (readonly Uint8Array[])[] {
    return this.#edge;
  }

  /** @returns the tiles that this line has filled: none, mostly */
  append(line: Uint8Array | string): FullTile[] {
    this.#size += 1;
    return this.#push(0, leafHashOf(line));
  }

  root(): Uint8Array {
    let below: Uint8Array | undefined;
    for (const hashes of this.#edge) {
      const all = below ? [...hashes, below] : hashes;
      if (all.length) below = rootOver(all);
    }
    return below ?? rootOver([]);
  }

  #push(level: number, hash: Uint8Array): FullTile[] {
    const hashes = (this.#edge[level] ??= []);
    hashes.push(hash);
    if (hashes.length < TILE_WIDTH) return [];
    this.#edge[level] = [];
    const index = this.#size / TILE_WIDTH ** (level + 1) - 1;
    return [{ level, index, hashes }, ...this.#push(level + 1, rootOver(hashes))];
  }
}
