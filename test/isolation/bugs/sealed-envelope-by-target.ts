import { type Bug } from '../bug.js';

export const bug: Bug = {
  name: 'sealed envelopes that are kept for a target',
  edits: [{ file: 'txn/seal.ts', from: 'this.#memo.get(envelope) ?? new Map()', to: 'this.shared ??= new Map()' }],
};
