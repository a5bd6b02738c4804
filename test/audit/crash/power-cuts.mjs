import { randomUUID } from 'node:crypto';
import { FileAuditLog, recordsOf, verifyAuditLog } from 'execution-identity';
import { randomFrom } from '../../hostile/random.mjs';
import { ModelDisk } from './model-disk.mjs';

const DIRECTORY = '/audit';
const FOLDER = `${DIRECTORY}/modelled`;
/** A disk is used until its log is so long; then a new one is. */
const MAX_RECORDS = 250;
const MOST_OPERATIONS = 120;
/** One in so many logs is verified as a whole after a cut. */
const VERIFY_EACH = 8;
const SHOWN = 5;

/** What must survive each loss of power: everything that was acknowledged, in its place, and a log that opens. */
export async function cutPower(cuts, seed, { onProgress = () => undefined, wrap = disk => disk } = {}) {
  const result = { powerCuts: 0, powerCutLosses: 0, acknowledged: 0, setAside: 0, unconfirmed: 0, examples: [] };
  for (let round = 0; result.powerCuts < cuts; round++) {
    const random = randomFrom(seed + round).fraction;
    const disk = new ModelDisk(random);
    const known = new Known();
    while (known.size < MAX_RECORDS && result.powerCuts < cuts) {
      const losses = await oneCut({ disk, files: wrap(disk), random, known });
      result.powerCuts += 1;
      if (losses.length) {
        result.powerCutLosses += losses.length;
        if (result.examples.length < SHOWN) result.examples.push({ seed: seed + round, losses: losses.slice(0, 3) });
        break;
      }
    }
    result.acknowledged += known.size;
    result.unconfirmed += known.unconfirmed;
    result.setAside += known.setAside;
    onProgress(result.powerCuts);
  }
  return result;
}

/** What the callers were told. */
class Known {
  #acknowledged = new Map();
  sent = new Set();
  unconfirmed = 0;
  setAside = 0;

  get size() {
    return this.#acknowledged.size;
  }

  async append(log, event) {
    this.sent.add(event.id);
    try {
      const { seq } = await log.append(event);
      this.#acknowledged.set(seq, event.id);
    } catch {
      this.unconfirmed += 1;
    }
  }

  /** @returns what is not as it must be, one sentence each */
  async losses(files) {
    const losses = [];
    let next = 0;
    for await (const record of recordsOf(FOLDER, 0, files)) {
      const id = this.#acknowledged.get(record.seq);
      if (id !== undefined && id !== record.id)
        losses.push(`record ${record.seq} is another one than was acknowledged`);
      if (id === undefined && !isOfLog(record) && !this.sent.has(record.id))
        losses.push(`record ${record.seq} was never written`);
      if (record.type === 'log.opened') this.setAside += record.set_aside > 0 ? 1 : 0;
      next = record.seq + 1;
    }
    for (const seq of this.#acknowledged.keys()) if (seq >= next) losses.push(`record ${seq} is missing`);
    return losses;
  }
}

const isOfLog = ({ type, outcome }) => type.startsWith('log.') || type === 'refusals.counted' || outcome === 'unknown';

async function oneCut({ disk, files, random, known }) {
  disk.cutAfter(Math.floor(random() * MOST_OPERATIONS));
  if (random() < 0.2) disk.fail({ full: random() * 0.2, broken: random() < 0.3 ? 0.05 : 0 });
  await work({ disk, files, random, known });
  disk.isOn = false;
  disk.restart({ hadPower: random() < 0.3 });
  try {
    // The lock names this process, which is alive; after a real loss of power it names a start of the machine that is over.
    await disk.remove(`${FOLDER}/lock`);
    const log = open(files, random);
    await log.open();
    await log.checkpoint();
    const losses = await known.losses(disk);
    if (random() < 1 / VERIFY_EACH) {
      const { state, problems } = await verifyAuditLog(FOLDER, { files: disk });
      if (state === 'broken') losses.push(...problems.map(({ what }) => what));
    }
    await log.close();
    return losses;
  } catch (error) {
    return [`it does not open: ${error.message}`];
  }
}

const open = (files, random) =>
  new FileAuditLog({
    directory: DIRECTORY,
    instance: 'modelled',
    files,
    segmentSize: random() < 0.5 ? 3000 : 30_000,
    clock: () => 0,
  });

async function work({ disk, files, random, known }) {
  const log = open(files, random);
  try {
    await log.open();
  } catch {
    return;
  }
  while (disk.isOn && known.size < MAX_RECORDS) {
    const count = 1 + Math.floor(random() * random() * 24);
    await Promise.all(Array.from({ length: count }, () => known.append(log, eventOf(random))));
    if (random() < 0.1) await log.rotate();
    if (random() < 0.1) await log.checkpoint();
    if (random() < 0.03) break;
  }
  if (random() < 0.5) await log.close().catch(() => undefined);
}

const eventOf = random => ({
  v: 1,
  id: randomUUID(),
  time: '1970-01-01T00:00:00.000Z',
  type: random() < 0.3 ? 'execution.intent' : 'mcp.request',
  actor_sub: 'alice',
  handler: 'x'.repeat(Math.floor(random() * 900)),
  outcome: 'started',
  intent_id: null,
});
