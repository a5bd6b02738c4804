import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileAuditLog, recordsOf, verifyAuditLog } from 'execution-identity';
import { randomFrom } from '../../hostile/random.mjs';

const WRITER = fileURLToPath(new URL('writer-process.mjs', import.meta.url));
/** Milliseconds from the start of a process to its kill, at the most: some are killed before they have begun. */
const LONGEST = 900;
/** However few records a process may write before it is killed. */
const MOST_KILLS = 1000;

/**
 * Kills a process that writes an audit log, at any moment, again and again on the same log, until so many records were acknowledged to this process.
 * Each of them must be there, once, under its number; every intent has one outcome, and of those that were cut off it is unknown.
 */
export async function kill({ kills, acknowledged, seed, onProgress = () => undefined }) {
  const directory = await mkdtemp(join(tmpdir(), 'eie-kills-'));
  const random = randomFrom(seed);
  const known = new Map();
  const result = { kills: 0, acknowledged: 0, missing: 0, unfinished: 0, treeBreaks: 0, examples: [] };
  try {
    while ((result.kills < kills || known.size < acknowledged) && result.kills < MOST_KILLS) {
      await killOnce(directory, 20 + random.below(LONGEST), known);
      result.kills += 1;
      onProgress(result.kills, known.size);
    }
    await judge(directory, known, result);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return result;
}

async function killOnce(directory, ms, known) {
  const child = spawn(process.execPath, [WRITER, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  let torn = '';
  lines.on('line', line => {
    const [, seq, id] = /^(\d+) ([0-9a-f-]{36})$/.exec(line) ?? [];
    if (id) known.set(Number(seq), id);
    else torn = line;
  });
  const ended = once(child, 'exit');
  const read = once(lines, 'close');
  await Promise.race([sleep(ms), ended]);
  child.kill('SIGKILL');
  const [code] = await ended;
  await read;
  if (code !== null) throw new Error(`the writer ended by itself with code ${code} ${torn}`);
}

async function judge(directory, known, result) {
  const log = new FileAuditLog({ directory, instance: 'killed' });
  await log.open();
  await log.close();
  const folder = join(directory, 'killed');
  const open = new Map();
  let next = 0;
  for await (const record of recordsOf(folder)) {
    const id = known.get(record.seq);
    if (id !== undefined && id !== record.id) miss(result, `record ${record.seq} is another one`);
    if (record.type === 'execution.intent') open.set(record.id, 0);
    if (record.type === 'execution.outcome') open.set(record.intent_id, open.get(record.intent_id) + 1);
    if (record.outcome === 'unknown') result.unfinished += 1;
    next = record.seq + 1;
  }
  for (const seq of known.keys()) if (seq >= next) miss(result, `record ${seq} is missing`);
  for (const [id, outcomes] of open) if (outcomes !== 1) miss(result, `intent ${id} has ${outcomes} outcomes`);
  const { problems } = await verifyAuditLog(folder);
  result.treeBreaks = problems.length;
  result.examples.push(...problems.slice(0, 3).map(({ what }) => what));
  result.acknowledged = known.size;
}

function miss(result, what) {
  result.missing += 1;
  if (result.examples.length < 5) result.examples.push(what);
}
