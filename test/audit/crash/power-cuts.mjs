import { randomUUID } from 'node:crypto';
import { FileAuditLog, recordsOf, verifyAuditLog } from 'execution-identity';
import { randomFrom } from '../../hostile/random.mjs';
import { ModelDisk, ProcessOnDisk } from './model-disk.mjs';

const DIRECTORY = '/audit';
const FOLDER = `${DIRECTORY}/modelled`;
/** A disk is used until its log is so long; then a new one is. */
const MAX_RECORDS = 250;
const MOST_OPERATIONS = 120;
/** One in so many logs is verified as a whole after a cut. */
const VERIFY_EACH = 8;
const SHOWN = 5;

/**
 * What must survive each loss of power: every act that was acknowledged, in its place, with one outcome, and a log that opens. An outcome that
 * was acknowledged, and not confirmed, survives the end of the process; after a loss of power it may be unknown.
 */
export async function cutPower(cuts, seed, { onProgress = () => undefined, wrap = disk => disk } = {}) {
  const result = { powerCuts: 0, powerCutLosses: 0, acknowledged: 0, setAside: 0, unconfirmed: 0, examples: [] };
  for (let round = 0; result.powerCuts < cuts; round++) {
    const random = randomFrom(seed + round).fraction;
    const disk = new ModelDisk(random);
    const known = new Known();
    while (known.size < MAX_RECORDS && result.powerCuts < cuts) {
      const losses = await oneCut({ disk, wrap, random, known });
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
  /** The last number that a loss of power must leave: outcomes after it survive the process alone. */
  #confirmed = -1;
  #open = [];
  sent = new Set();
  unconfirmed = 0;
  setAside = 0;

  get size() {
    return this.#acknowledged.size;
  }

  /** An intent that is on the log and has no outcome: whoever takes it ends it. */
  takeOpen() {
    return this.#open.shift();
  }

  async append(log, event) {
    this.sent.add(event.id);
    try {
      const { seq } = await log.append(event);
      this.#acknowledged.set(seq, event.id);
      if (isOutcome(event)) return;
      this.#confirmed = Math.max(this.#confirmed, seq);
      if (event.type === 'execution.intent') this.#open.push(event.id);
    } catch {
      this.unconfirmed += 1;
    }
  }

  async flush(log) {
    const last = Math.max(-1, ...this.#acknowledged.keys());
    try {
      await log.flush();
      this.#confirmed = Math.max(this.#confirmed, last);
    } catch {
      // Then it is not promised.
    }
  }

  /** @param hadPower whether the process alone has ended */
  processEnded(hadPower) {
    this.#open = [];
    for (const seq of this.#acknowledged.keys())
      if (hadPower) this.#confirmed = Math.max(this.#confirmed, seq);
      else if (seq > this.#confirmed) this.#acknowledged.delete(seq);
  }

  /** @returns what is not as it must be, one sentence each */
  async losses(files) {
    const losses = [];
    const outcomes = new Map();
    let next = 0;
    for await (const record of recordsOf(FOLDER, 0, files)) {
      const id = this.#acknowledged.get(record.seq);
      if (id !== undefined && id !== record.id)
        losses.push(`record ${record.seq} is another one than was acknowledged`);
      if (id === undefined && !isOfLog(record) && !this.sent.has(record.id))
        losses.push(`record ${record.seq} was never written`);
      if (record.type === 'log.opened') this.setAside += record.set_aside > 0 ? 1 : 0;
      if (record.type === 'execution.intent') outcomes.set(record.id, 0);
      if (isOutcome(record)) outcomes.set(record.intent_id, outcomes.get(record.intent_id) + 1);
      next = record.seq + 1;
    }
    for (const seq of this.#acknowledged.keys()) if (seq >= next) losses.push(`record ${seq} is missing`);
    for (const [id, count] of outcomes) if (count !== 1) losses.push(`intent ${id} has ${count} outcomes`);
    return losses;
  }
}

const isOutcome = ({ type }) => type === 'execution.outcome';

const isOfLog = ({ type, outcome }) => type.startsWith('log.') || type === 'refusals.counted' || outcome === 'unknown';

async function oneCut({ disk, wrap, random, known }) {
  disk.cutAfter(Math.floor(random() * MOST_OPERATIONS));
  if (random() < 0.2) disk.fail({ full: random() * 0.2, broken: random() < 0.3 ? 0.05 : 0 });
  const process = new ProcessOnDisk(disk);
  await work({ disk, files: wrap(process.files), random, known });
  process.end();
  disk.isOn = false;
  const hadPower = random() < 0.3;
  disk.restart({ hadPower });
  known.processEnded(hadPower);
  try {
    // The lock names this process, which is alive; after a real loss of power it names a start of the machine that is over.
    await disk.remove(`${FOLDER}/lock`);
    const log = open(wrap(disk), random);
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
    await Promise.all(Array.from({ length: count }, () => known.append(log, eventOf(random, known))));
    if (random() < 0.1) await known.flush(log);
    if (random() < 0.1) await log.rotate();
    if (random() < 0.1) await log.checkpoint();
    if (random() < 0.03) break;
  }
  if (random() < 0.5) await log.close().catch(() => undefined);
}

function eventOf(random, known) {
  const ended = random() < 0.4 ? known.takeOpen() : undefined;
  const type = ended ? 'execution.outcome' : random() < 0.4 ? 'execution.intent' : 'mcp.request';
  return {
    v: 1,
    id: randomUUID(),
    time: '1970-01-01T00:00:00.000Z',
    type,
    actor_sub: 'alice',
    handler: 'x'.repeat(Math.floor(random() * 900)),
    outcome: ended ? 'ok' : 'started',
    intent_id: ended ?? null,
  };
}
