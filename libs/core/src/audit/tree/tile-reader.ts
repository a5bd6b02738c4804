import { dirname } from 'node:path';
import { type AuditFiles } from '../log/audit-files.js';
import { AuditLogError } from '../log/audit-log-error.js';
import { equal } from '../proof/bytes.js';
import { HASH_LENGTH, hashesAt, nodeHashOf, rootOver, widthOf } from './merkle-tree.js';
import { recordsBelow, TILE_WIDTH, tilePath } from './tile-path.js';

const MAX_KEPT = 4096;
/** Looks at a tile that a writer may replace in between. */
const TRIES = 5;

/** Reads hashes of the tree from the tiles of a log, and makes roots and proofs of them. */
export class TileReader {
  /** Of each the hashes, side by side. */
  readonly #tiles = new Map<string, Uint8Array>();

  constructor(
    private readonly files: AuditFiles,
    private readonly folder: string,
  ) {}

  /** The root over the first `size` records. @throws AuditLogError `audit_log_changed` where a tile is missing or too short */
  root(size: number): Promise<Uint8Array> {
    return size === 0 ? Promise.resolve(rootOver(new Uint8Array())) : this.#range(0, size);
  }

  /** RFC 9162 §2.1.3.1. @throws AuditLogError likewise; RangeError for a record that is not in a tree of this size */
  async inclusion(seq: number, size: number): Promise<Uint8Array[]> {
    if (!(seq >= 0 && seq < size)) throw new RangeError(`Record ${seq} is not among the first ${size}.`);
    const proof: Uint8Array[] = [];
    let [begin, end] = [0, size];
    while (end - begin > 1) {
      const middle = begin + split(end - begin);
      const isLeft = seq < middle;
      proof.unshift(await (isLeft ? this.#range(middle, end) : this.#range(begin, middle)));
      [begin, end] = isLeft ? [begin, middle] : [middle, end];
    }
    return proof;
  }

  /** RFC 9162 §2.1.4.1. @throws AuditLogError likewise */
  async consistency(from: number, to: number): Promise<Uint8Array[]> {
    if (!(from > 0 && from < to)) return [];
    const proof: Uint8Array[] = [];
    let [begin, end, isWhole] = [0, to, true];
    while (from !== end) {
      const middle = begin + split(end - begin);
      if (from <= middle) {
        proof.unshift(await this.#range(middle, end));
        end = middle;
      } else {
        proof.unshift(await this.#range(begin, middle));
        [begin, isWhole] = [middle, false];
      }
    }
    return isWhole ? proof : [await this.#range(begin, end), ...proof];
  }

  /** The hash over the records from `begin` to `end`; `begin` is a multiple of the largest power of two that fits. */
  async #range(begin: number, end: number): Promise<Uint8Array> {
    const count = end - begin;
    const levels = Math.log2(count);
    if (!Number.isInteger(levels)) {
      const middle = begin + split(count);
      return nodeHashOf(await this.#range(begin, middle), await this.#range(middle, end));
    }
    const level = Math.floor(levels / 8);
    const below = recordsBelow(level);
    return rootOver(await this.hashes(level, begin / below, count / below));
  }

  /** Of a record, as its tile has it; `undefined` where there is no tile yet. */
  async leaf(seq: number): Promise<Uint8Array | undefined> {
    return this.hashes(0, seq, 1).catch(() => undefined);
  }

  /** Of one tile, side by side: what is asked for crosses no border of one. @throws AuditLogError `audit_log_changed` */
  async hashes(level: number, first: number, count: number): Promise<Uint8Array> {
    const [index, start] = [Math.floor(first / TILE_WIDTH), first % TILE_WIDTH];
    return hashesAt(await this.#tile(level, index, start + count), start, count);
  }

  async #tile(level: number, index: number, width: number): Promise<Uint8Array> {
    const name = `${level}/${index}`;
    const known = this.#tiles.get(name);
    if (known && widthOf(known) >= width) return known;
    const hashes = await this.#current(level, index);
    if (!hashes || widthOf(hashes) < width)
      throw new AuditLogError('changed', `${tilePath(this.folder, level, index)} is missing or too short.`);
    if (this.#tiles.size >= MAX_KEPT) this.#tiles.clear();
    this.#tiles.set(name, hashes);
    return hashes;
  }

  /** The tile, or the widest part of it. A writer beside it may replace the part, or fill the tile, between two looks. */
  async #current(level: number, index: number): Promise<Uint8Array | undefined> {
    for (let tries = 1; ; tries++) {
      const full = await this.read(level, index);
      if (full) return full;
      const partial = await this.#partial(level, index).catch(ifGone);
      if (partial || tries === TRIES) return partial;
    }
  }

  /** A full tile; `undefined` where there is none, or not all of it. */
  async read(level: number, index: number): Promise<Uint8Array | undefined> {
    const path = tilePath(this.folder, level, index);
    if ((await this.files.state(path))?.size !== TILE_WIDTH * HASH_LENGTH) return undefined;
    return this.files.read(path);
  }

  /** What is wrong with the tiles that are not full, one sentence each. They may be behind the tree. */
  async partials(edge: readonly Uint8Array[], size: number): Promise<string[]> {
    const wrong: string[] = [];
    for (const [level, hashes] of edge.entries()) {
      const index = Math.floor(size / recordsBelow(level + 1));
      const kept = (await this.#current(level, index)) ?? new Uint8Array();
      // What is wider has hashes of records that were written since.
      const both = Math.min(widthOf(hashes), widthOf(kept));
      if (!equal(hashesAt(hashes, 0, both), hashesAt(kept, 0, both)))
        wrong.push(`The part of tile ${index} of level ${level} is not that of the records.`);
    }
    return wrong;
  }

  /** The widest of what is there. */
  async #partial(level: number, index: number): Promise<Uint8Array | undefined> {
    const names = await this.files.list(dirname(tilePath(this.folder, level, index, 1)));
    const width = Math.max(0, ...names.map(Number).filter(Number.isInteger));
    if (!width) return undefined;
    return this.files.read(tilePath(this.folder, level, index, width));
  }
}

function ifGone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

/** The largest power of two below `count`: RFC 6962 §2.1. */
const split = (count: number): number => 2 ** (Math.ceil(Math.log2(count)) - 1);
