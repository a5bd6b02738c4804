import { hash } from 'node:crypto';
import { TILE_WIDTH } from './tile-path.js';

export const HASH_LENGTH = 32;
/** RFC 6962 §2.1. */
const LEAF = Buffer.of(0);
const node = Buffer.alloc(1 + 2 * HASH_LENGTH, 1);

/** One character for each byte: Node makes a buffer of a hash at three times the cost. */
type HashText = string;

const sha256 = (data: Uint8Array | string): HashText => hash('sha256', data, 'binary');
const bytesOf = (text: HashText): Buffer => Buffer.from(text, 'latin1');

/** @param line as bytes, or as a text that is written as UTF-8 */
const leafText = (line: Uint8Array | string): HashText =>
  sha256(typeof line === 'string' ? `\0${line}` : Buffer.concat([LEAF, line]));

export const leafHashOf = (line: Uint8Array): Buffer => bytesOf(leafText(line));

export function nodeHashOf(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1);
  node.set(right, 1 + HASH_LENGTH);
  return bytesOf(sha256(node));
}

/** How many whole hashes stand side by side. */
export const widthOf = (hashes: Uint8Array): number => Math.floor(hashes.length / HASH_LENGTH);

/** Those from `first` on, of hashes that stand side by side. */
export const hashesAt = (hashes: Uint8Array, first: number, count: number): Uint8Array =>
  hashes.subarray(first * HASH_LENGTH, (first + count) * HASH_LENGTH);

/**
 * The root over subtrees that are all of one size, but for the last one, which may be smaller: RFC 6962 §2.1.
 *
 * @param hashes of the subtrees, side by side
 */
export function rootOver(hashes: Uint8Array): Uint8Array {
  if (hashes.length === 0) return bytesOf(sha256(''));
  const level = Buffer.from(hashes);
  for (let length = level.length; length > HASH_LENGTH; length = joinPairs(level, length));
  return level.subarray(0, HASH_LENGTH);
}

/** Makes the level above in the place of this one. What has no neighbour goes up as it is. @returns its bytes */
function joinPairs(level: Buffer, length: number): number {
  let above = 0;
  for (let at = 0; at < length; at += 2 * HASH_LENGTH, above += HASH_LENGTH) {
    if (at + HASH_LENGTH === length) level.copyWithin(above, at, length);
    else {
      level.copy(node, 1, at, at + 2 * HASH_LENGTH);
      level.write(sha256(node), above, 'latin1');
    }
  }
  return above;
}

/** A tile that got its last hash. */
export interface FullTile {
  readonly level: number;
  readonly index: number;
  /** Side by side, as they are written. */
  readonly hashes: Uint8Array;
}

/** The hashes of a tile that is not full yet, side by side. */
class OpenTile {
  readonly #bytes = Buffer.alloc(TILE_WIDTH * HASH_LENGTH);
  #length: number;

  constructor(hashes: Uint8Array = new Uint8Array()) {
    this.#bytes.set(hashes);
    this.#length = hashes.length;
  }

  get hashes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** @returns whether it is full now */
  push(hash: HashText): boolean {
    this.#length += this.#bytes.write(hash, this.#length, 'latin1');
    return this.#length === this.#bytes.length;
  }
}

/**
 * The tree over the lines of a log: RFC 6962. Of what is full it keeps nothing but one hash above, so its size in memory does not grow with the log.
 */
export class MerkleTree {
  /** By level. */
  readonly #edge: OpenTile[];
  #size: number;

  /** @param edge as {@link edge} has given it; none for an empty tree */
  constructor(size = 0, edge: readonly Uint8Array[] = []) {
    this.#size = size;
    this.#edge = edge.map(hashes => new OpenTile(hashes));
  }

  /** In records. */
  get size(): number {
    return this.#size;
  }

  /** By level: the hashes of the tile that is not full yet, side by side. */
  get edge(): readonly Uint8Array[] {
    return this.#edge.map(({ hashes }) => hashes);
  }

  /**
   * @param line as bytes, or as a text that is written as UTF-8
   * @returns the tiles that this line has filled: none, mostly
   */
  append(line: Uint8Array | string): FullTile[] {
    this.#size += 1;
    return this.#push(0, leafText(line));
  }

  root(): Uint8Array {
    let below = new Uint8Array();
    for (const { hashes } of this.#edge) {
      const all = Buffer.concat([hashes, below]);
      if (all.length) below = new Uint8Array(rootOver(all));
    }
    return below.length ? below : rootOver(below);
  }

  #push(level: number, hash: HashText): FullTile[] {
    const tile = (this.#edge[level] ??= new OpenTile());
    if (!tile.push(hash)) return [];
    this.#edge[level] = new OpenTile();
    const { hashes } = tile;
    const index = this.#size / TILE_WIDTH ** (level + 1) - 1;
    const above = Buffer.from(rootOver(hashes)).toString('latin1');
    return [{ level, index, hashes }, ...this.#push(level + 1, above)];
  }
}
