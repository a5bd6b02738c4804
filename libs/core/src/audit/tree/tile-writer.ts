import { dirname, join } from 'node:path';
import { type AuditFiles } from '../log/audit-files.js';
import { type FullTile, type MerkleTree, widthOf } from './merkle-tree.js';
import { tilePath } from './tile-path.js';

/** Writes the tiles of a tree. Under its name a tile is there as a whole or not at all; what is missing is made again from the lines. */
export class TileWriter {
  readonly #folders = new Set<string>();
  /** By level: the widest part that is written of the tile that is not full. */
  readonly #partial: { index: number; width: number }[] = [];

  constructor(
    private readonly files: AuditFiles,
    private readonly folder: string,
  ) {}

  async writeFull({ level, index, hashes }: FullTile): Promise<void> {
    await this.#write(tilePath(this.folder, level, index), hashes);
    // Of a tile that has filled since the last checkpoint no part was ever written, unless by a process before.
    const written = this.#partial[level];
    if (!written || (written.index === index && written.width)) await this.#removePartial(level, index);
    this.#partial[level] = { index: index + 1, width: 0 };
  }

  /** What is not full, so that proofs for this size can be made. */
  async writeEdge({ edge, size }: MerkleTree): Promise<void> {
    for (const [level, hashes] of edge.entries()) {
      const index = Math.floor(size / 256 ** (level + 1));
      const [written, width] = [this.#partial[level], widthOf(hashes)];
      if (!width || (written?.index === index && written.width === width)) continue;
      await this.#write(tilePath(this.folder, level, index, width), hashes);
      await this.#removePartial(level, index, width);
      this.#partial[level] = { index, width };
    }
  }

  async #write(path: string, hashes: Uint8Array): Promise<void> {
    const folder = dirname(path);
    if (!this.#folders.has(folder)) {
      await this.files.makeFolder(folder);
      if (this.#folders.size > 1000) this.#folders.clear();
      this.#folders.add(folder);
    }
    await this.files.replace(path, hashes);
  }

  async #removePartial(level: number, index: number, but?: number): Promise<void> {
    const folder = dirname(tilePath(this.folder, level, index, 1));
    for (const name of await this.files.list(folder))
      if (name !== String(but)) await this.files.remove(join(folder, name));
  }
}
