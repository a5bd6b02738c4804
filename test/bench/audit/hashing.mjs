import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { eventOf, median } from './measure.mjs';

const EVENTS = 60_000;
const ROUNDS = 7;

/** Microseconds of the processor for one event: the tree over the lines, and a plain chain of SHA-256, in turns. */
export async function measureHashing() {
  const { MerkleTree } = await import(new URL('../../../libs/core/dist/audit/tree/merkle-tree.js', import.meta.url));
  const lines = Array.from({ length: 1000 }, (_, seq) => Buffer.from(JSON.stringify({ seq, ...eventOf() })));
  const times = { tree: [], chain: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.tree.push(timed(() => overTree(new MerkleTree(), lines)));
    times.chain.push(timed(() => overChain(lines)));
  }
  const [tree, chain] = [median(times.tree), median(times.chain)];
  return { treeUs: tree, chainUs: chain, moreUs: tree - chain };
}

function overTree(tree, lines) {
  for (let i = 0; i < EVENTS; i++) tree.append(lines[i % lines.length]);
  tree.root();
}

function overChain(lines) {
  let last = Buffer.alloc(32);
  for (let i = 0; i < EVENTS; i++) last = hash('sha256', Buffer.concat([last, lines[i % lines.length]]), 'buffer');
}

function timed(run) {
  const started = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / EVENTS;
}
