import { join } from 'node:path';

/** C2SP tlog-tiles: a tile has up to 256 hashes, each of a subtree of 256^level records. */
export const TILE_WIDTH = 256;

/**
 * Where a tile is: `tile/<level>/x001/x234/067`, in groups of three digits.
 *
 * @param width of a partial tile; a full one has none
 */
export function tilePath(folder: string, level: number, index: number, width?: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const names = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group));
  const tile = join(folder, 'tile', String(level), ...names);
  return width === undefined ? tile : join(`${tile}.p`, String(width));
}

/** The records below one hash of a tile of this level. */
export const recordsBelow = (level: number): number => TILE_WIDTH ** level;
