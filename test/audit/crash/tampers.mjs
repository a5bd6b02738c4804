import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { FileAuditLog, folderAnchor, verifyAuditLog } from 'execution-identity';
import { randomFrom } from '../../hostile/random.mjs';
import { MemoryFiles } from './memory-files.mjs';

const DIRECTORY = '/audit';
const FOLDER = `${DIRECTORY}/log`;
const ANCHOR = '/anchor';
const RECORDS = 300;
/** One in so many is by somebody who has the key too, and makes tree and checkpoints anew. */
const WITH_KEY = 5;
const SHOWN = 5;

/**
 * Edits a log in every way that a writer of its folder can, and asks whether the copy of its checkpoints outside shows it. Without that copy a log
 * that was written anew with its key must be called self-consistent, and never anchored.
 */
export async function tamper(count, seed, { onProgress = () => undefined } = {}) {
  const genuine = await writeLog();
  const { below, pick, fraction } = randomFrom(seed);
  const random = { below, pick, fraction };
  const result = { tampers: 0, tampersDetected: 0, notAnchoredSaid: 0, withKey: 0, missed: [] };
  while (result.tampers < count) {
    const files = genuine.copy();
    const hasKey = result.tampers % WITH_KEY === 0;
    const [what, edit] = pick(hasKey ? REWRITES : EDITS);
    const isChanged = hasKey ? await rewrite(files, edit, random) : edit(files, random) !== false;
    if (!isChanged || isSame(files, genuine)) continue;
    result.tampers += 1;
    const { state } = await verifyAuditLog(FOLDER, { files, anchors: [ANCHOR] });
    if (state === 'broken') result.tampersDetected += 1;
    else if (result.missed.length < SHOWN) result.missed.push({ what, hasKey, state });
    if (hasKey) {
      result.withKey += 1;
      const alone = await verifyAuditLog(FOLDER, { files });
      if (alone.state === 'self-consistent') result.notAnchoredSaid += 1;
      else if (result.missed.length < SHOWN)
        result.missed.push({ what: `${what}, without the copy`, state: alone.state, problems: alone.problems });
    }
    if (result.tampers % 500 === 0) onProgress(result.tampers);
  }
  return result;
}

const open = (files, anchor) =>
  new FileAuditLog({ directory: DIRECTORY, instance: 'log', files, anchor, segmentSize: 40_000, clock: () => 0 });

async function writeLog() {
  const files = new MemoryFiles();
  await files.makeFolder(ANCHOR);
  const log = open(files, folderAnchor(ANCHOR, files));
  for (let i = 0; i < RECORDS; i++) {
    await log.append(eventOf(i));
    if (i % 60 === 59) await log.checkpoint();
  }
  await log.close();
  return files;
}

const eventOf = i => ({
  v: 1,
  id: randomUUID(),
  time: '1970-01-01T00:00:00.000Z',
  type: 'mcp.request',
  actor_sub: `user-${i % 7}`,
  handler: 'x'.repeat(60 + (i % 90)),
  outcome: 'started',
  intent_id: null,
});

const isSame = (files, genuine) =>
  files.files.size === genuine.files.size &&
  [...files.files].every(([path, { bytes }]) => genuine.files.get(path)?.bytes.equals(bytes));

const under = (files, part) => [...files.files.keys()].filter(path => path.startsWith(`${FOLDER}/${part}`)).sort();
const linesOf = (files, path) => files.text(path).trimEnd().split('\n');
const writeLines = (files, path, lines) => files.write(path, lines.length ? `${lines.join('\n')}\n` : '');

/** An edit of the lines of one file. */
const ofLines = (part, edit) => (files, random) => {
  const path = random.pick(under(files, part));
  const lines = linesOf(files, path);
  writeLines(files, path, edit(lines, random.below(lines.length), random));
};

function flipByte(files, path, { below }) {
  const bytes = Buffer.from(files.files.get(path).bytes);
  if (!bytes.length) return false;
  bytes[below(bytes.length)] ^= 1 << below(8);
  files.write(path, bytes);
  return true;
}

/** By somebody who can write the folder and has no key. */
const EDITS = [
  ['a bit of a record', (files, random) => flipByte(files, random.pick(under(files, 'records')), random)],
  ['a bit of a tile', (files, random) => flipByte(files, random.pick(under(files, 'tile')), random)],
  ['a bit of a checkpoint', (files, random) => flipByte(files, random.pick(under(files, 'checkpoints/')), random)],
  ['a bit of the newest checkpoint', (files, random) => flipByte(files, `${FOLDER}/checkpoint`, random)],
  ['a record dropped', ofLines('records', (lines, i) => lines.toSpliced(i, 1))],
  ['records swapped', ofLines('records', (lines, i) => lines.with(i, lines.at(i - 1)).with(i - 1, lines[i]))],
  ['a record replayed', ofLines('records', (lines, i, { below }) => lines.toSpliced(i, 0, lines[below(lines.length)]))],
  ['a record added', ofLines('records', (lines, i) => lines.toSpliced(i, 0, lines[i].replace('user-', 'root-')))],
  ['another user in a record', ofLines('records', (lines, i) => lines.with(i, lines[i].replace(/user-\d/, 'user-9')))],
  ['the end of a segment cut off', ofLines('records', (lines, i) => lines.slice(0, i))],
  ['a segment removed', (files, { pick }) => files.files.delete(pick(under(files, 'records')))],
  [
    'a segment as another one',
    (files, { pick }) => files.write(pick(under(files, 'records')), files.text(pick(under(files, 'records')))),
  ],
  ['checkpoints removed from the end, and the records after them', rollBack],
  ['a stale checkpoint as the newest, and the records after it removed', rollBack],
];

/** To an earlier state, as a copy of the disk from that time has it. */
function rollBack(files, { below }) {
  const [path] = under(files, 'checkpoints/');
  const kept = linesOf(files, path).slice(0, 1 + below(3));
  const size = Number(JSON.parse(kept.at(-1)).split('\n')[1]);
  writeLines(files, path, kept);
  files.write(`${FOLDER}/checkpoint`, JSON.parse(kept.at(-1)));
  files.removeAll(`${FOLDER}/tile`);
  let seq = 0;
  for (const segment of under(files, 'records')) {
    const lines = linesOf(files, segment).filter(() => seq++ < size);
    if (lines.length) writeLines(files, segment, lines);
    else files.files.delete(segment);
  }
}

/** By somebody who has the key of the checkpoints too: an edit of all records, which are numbered anew. */
const REWRITES = [
  [
    'another user',
    (records, { below }) => setAt(records, below(records.length), record => ({ ...record, actor_sub: 'mallory' })),
  ],
  ['a record dropped', (records, { below }) => records.toSpliced(1 + below(records.length - 1), 1)],
  [
    'a record added',
    (records, { below }) => records.toSpliced(1 + below(records.length - 1), 0, { ...records[3], id: randomUUID() }),
  ],
  ['records swapped', (records, { below }) => swapped(records, 1 + below(records.length - 3))],
  ['all records after one removed', (records, { below }) => records.slice(0, 1 + below(records.length - 1))],
  ['another history from one on', (records, { below }) => forked(records, 1 + below(records.length - 1))],
];

const setAt = (records, i, change) => records.with(i, change(records[i]));
const swapped = (records, i) => records.with(i, records[i + 1]).with(i + 1, records[i]);
const forked = (records, from) => records.map((record, i) => (i < from ? record : { ...record, id: randomUUID() }));

/** One segment of the edited records, and the tree and its checkpoints over them, made by the library itself. */
async function rewrite(files, edit, random) {
  const records = under(files, 'records')
    .flatMap(path => linesOf(files, path))
    .map(line => JSON.parse(line));
  const lines = edit(records, random).map((record, seq) => JSON.stringify({ ...record, seq }));
  for (const part of ['records', 'tile', 'checkpoints', 'checkpoint.new']) files.removeAll(`${FOLDER}/${part}`);
  files.files.delete(`${FOLDER}/checkpoint`);
  writeLines(files, `${FOLDER}/records/${'0'.repeat(20)}.jsonl`, lines);
  const log = open(files);
  await log.open();
  await log.checkpoint();
  await log.close();
  return true;
}
