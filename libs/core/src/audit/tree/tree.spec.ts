import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from '../log/node-files.js';
import { type Bytes } from '../proof/bytes.js';
import { isConsistent, isIncluded, leafHash } from '../proof/merkle-proof.js';
import { MerkleTree } from './merkle-tree.js';
import { tilePath } from './tile-path.js';
import { TileReader } from './tile-reader.js';
import { TileWriter } from './tile-writer.js';

/** The leaves and roots that the reference implementation of RFC 6962 tests itself with. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (hash: Uint8Array): Bytes => new Uint8Array(hash);

const SIZE = 700;
const line = (i: number) => Buffer.from(`record ${i}`);
let folder: string;
let reader: TileReader;
const roots: Uint8Array[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eie-tree-'));
  const [tree, writer] = [new MerkleTree(), new TileWriter(nodeFiles, folder)];
  roots.push(tree.root());
  for (let i = 0; i < SIZE; i++) {
    for (const tile of tree.append(line(i))) await writer.writeFull(tile);
    if (i % 97 === 0) await writer.writeEdge(tree);
    roots.push(tree.root());
  }
  await writer.writeEdge(tree);
  reader = new TileReader(nodeFiles, folder);
});
afterAll(() => rm(folder, { recursive: true }));

describe('the tree', () => {
  it('has the roots of RFC 6962', () => {
    const tree = new MerkleTree();
    expect(hex(tree.root())).toBe(EMPTY);
    for (const [i, leaf] of LEAVES.entries()) {
      tree.append(Buffer.from(leaf, 'hex'));
      expect(hex(tree.root())).toBe(ROOTS[i]);
    }
  });

  it('has the same roots when they are read from its tiles', async () => {
    for (let size = 0; size <= SIZE; size++) expect(hex(await reader.root(size))).toBe(hex(roots[size]!));
  });

  it('keeps one partial tile of a level, and none beside a full one', async () => {
    expect(await nodeFiles.list(`${tilePath(folder, 0, 1)}.p`)).toEqual([]);
    expect(await nodeFiles.list(`${tilePath(folder, 0, 2)}.p`)).toEqual([String(SIZE % 256)]);
  });
});

describe('a proof of inclusion', () => {
  it('holds for every record in trees of many sizes, and for no other place, record, size or root', async () => {
    for (let size = 1; size <= SIZE; size += size < 20 ? 1 : 97)
      for (let seq = 0; seq < size; seq += size < 20 ? 1 : 23) {
        const [proof, leaf] = [(await reader.inclusion(seq, size)).map(bytes), await leafHash(line(seq))];
        const place = { seq, size, proof, root: bytes(roots[size]!) };
        expect(await isIncluded(leaf, place)).toBe(true);
        expect(await isIncluded(await leafHash(line(seq + 1)), place)).toBe(false);
        expect(await isIncluded(leaf, { ...place, root: bytes(roots[size - 1]!) })).toBe(false);
        expect(await isIncluded(leaf, { ...place, seq: seq + 1 })).toBe(false);
        expect(await isIncluded(leaf, { ...place, proof: [...proof, leaf] })).toBe(false);
        if (proof.length) expect(await isIncluded(leaf, { ...place, proof: proof.slice(1) })).toBe(false);
      }
  });

  it('fails when any bit of it is flipped', async () => {
    const [seq, size] = [123, 300];
    const [proof, leaf] = [(await reader.inclusion(seq, size)).map(bytes), await leafHash(line(seq))];
    for (const [i, hash] of proof.entries())
      for (let bit = 0; bit < 256; bit += 7) {
        const flipped = hash.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(await isIncluded(leaf, { seq, size, proof: proof.with(i, flipped), root: bytes(roots[size]!) })).toBe(
          false,
        );
      }
  });

  it('is refused for a record that is not in the tree', async () => {
    await expect(reader.inclusion(300, 300)).rejects.toThrow(RangeError);
    await expect(reader.inclusion(0, SIZE + 300)).rejects.toMatchObject({ code: 'audit_log_changed' });
  });

  it('works with numbers beyond 32 bits', async () => {
    const [leaf, size] = [await leafHash(line(0)), 2 ** 40];
    expect(await isIncluded(leaf, { seq: 2 ** 40 - 1, size, proof: [], root: leaf })).toBe(false);
    expect(await isIncluded(leaf, { seq: 2 ** 60, size: 2 ** 61, proof: [], root: leaf })).toBe(false);
  });
});

describe('a proof of consistency', () => {
  const tree = (size: number) => ({ size, root: bytes(roots[size]!) });

  it('holds between many pairs of sizes, and for no others', async () => {
    for (let to = 1; to <= SIZE; to += to < 20 ? 1 : 97)
      for (let from = 0; from <= to; from += to < 20 ? 1 : 31) {
        const proof = (await reader.consistency(from, to)).map(bytes);
        expect(await isConsistent(tree(from), tree(to), proof)).toBe(true);
        // Every log begins with an empty one.
        if (from === 0) continue;
        expect(await isConsistent(tree(from), { size: to, root: bytes(roots[to - 1]!) }, proof)).toBe(false);
        if (from < to) {
          expect(await isConsistent({ size: from, root: bytes(roots[from - 1]!) }, tree(to), proof)).toBe(false);
          expect(await isConsistent(tree(from), tree(to), proof.slice(1))).toBe(false);
          expect(await isConsistent(tree(from), tree(to), [...proof, bytes(roots[1]!)])).toBe(false);
        }
      }
  });

  it('never holds from a larger tree to a smaller one', async () => {
    expect(await isConsistent(tree(8), tree(7), [])).toBe(false);
  });
});
