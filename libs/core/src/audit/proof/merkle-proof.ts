import { type Bytes, equal, sha256 } from './bytes.js';

/** RFC 6962 §2.1: what keeps a record from being taken for an inner node. */
const [LEAF, NODE] = [Uint8Array.of(0), Uint8Array.of(1)];

export const leafHash = (line: Uint8Array): Promise<Bytes> => sha256(LEAF, line);
const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Bytes> => sha256(NODE, left, right);

/**
 * Whether a record is in the tree of this root: RFC 9162 §2.1.3.2.
 *
 * @param seq the number of the record, from 0
 * @param size of the tree, in records
 */
export async function isIncluded(
  leaf: Bytes,
  { seq, size, proof, root }: { seq: number; size: number; proof: readonly Bytes[]; root: Bytes },
): Promise<boolean> {
  if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(size) || seq < 0 || seq >= size) return false;
  let [node, last, hash] = [seq, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = await nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else hash = await nodeHash(hash, sibling);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equal(hash, root);
}

/** Whether the tree of `to` begins with all the records of the tree of `from`: RFC 9162 §2.1.4.2. */
export async function isConsistent(
  from: { readonly size: number; readonly root: Bytes },
  to: { readonly size: number; readonly root: Bytes },
  proof: readonly Bytes[],
): Promise<boolean> {
  if (from.size > to.size || from.size < 0) return false;
  if (from.size === to.size) return proof.length === 0 && equal(from.root, to.root);
  if (from.size === 0) return proof.length === 0 && equal(from.root, await sha256());
  let [node, last] = [from.size - 1, to.size - 1];
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  // Where the old tree is one whole subtree of the new one, its root is known and not in the proof.
  const [first, ...path] = node === 0 ? [from.root, ...proof] : proof;
  if (!first) return false;
  let [oldHash, newHash] = [first, first];
  for (const hash of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      [oldHash, newHash] = [await nodeHash(hash, oldHash), await nodeHash(hash, newHash)];
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else newHash = await nodeHash(newHash, hash);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equal(oldHash, from.root) && equal(newHash, to.root);
}

/** Bit operations of the language end at 32 bits. */
const half = (number: number): number => Math.floor(number / 2);
