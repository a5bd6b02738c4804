import { join } from 'node:path';
import { type AuditFiles } from '../log/audit-files.js';
import { AuditLogError } from '../log/audit-log-error.js';
import { fileLines } from '../log/read-records.js';
import { Segment } from '../log/segment.js';
import { type Checkpoint, parseCheckpoint } from '../proof/checkpoint.js';
import { parseNote, type SignedNote } from '../proof/note.js';

/** Bytes of a checkpoint with the signatures of many witnesses. */
const MAX_LINE = 65_536;
const FILE = /^(\d{4}-\d{2}-\d{2})\.jsonl$/;

/** A checkpoint as it was kept. */
export interface KeptCheckpoint extends Checkpoint {
  /** The signed note, with all its signatures. */
  readonly text: string;
  readonly note: SignedNote;
}

/** @returns `undefined` for what is no signed checkpoint. It checks no signature. */
export function openCheckpoint(text: string): KeptCheckpoint | undefined {
  const note = parseNote(text);
  const checkpoint = note && parseCheckpoint(note.text);
  return checkpoint && { ...checkpoint, text, note };
}

/**
 * The checkpoints of a log, one JSON string on a line, in a file for each day (UTC) in which there were any. Their files stand in the order in which
 * they were written: a clock that is set back goes on with the newest one.
 */
export class CheckpointFiles {
  readonly #folder: string;
  #day: { readonly name: string; readonly segment: Segment } | undefined;

  /** @param folder in which the folder `checkpoints` is */
  constructor(
    private readonly files: AuditFiles,
    folder: string,
  ) {
    this.#folder = join(folder, 'checkpoints');
  }

  /** Resolves when it survives a loss of power. @param now milliseconds since the epoch */
  async append(text: string, now: number): Promise<void> {
    const [today, newest = ''] = [`${new Date(now).toISOString().slice(0, 10)}.jsonl`, await this.#newestName()];
    const segment = await this.#segmentOf(newest > today ? newest : today);
    await segment.makeReady();
    segment.append(Buffer.from(`${JSON.stringify(text)}\n`));
    await segment.sync();
  }

  /** In the order in which they were written. What is no checkpoint is `undefined`; a last line without line feed was never confirmed. */
  async *all(): AsyncGenerator<KeptCheckpoint | undefined> {
    for (const name of await this.#names())
      for await (const { line } of fileLines(this.files, join(this.#folder, name)))
        if (line.length) yield openLine(line);
  }

  /** The last one of the newest file that has any. */
  async newest(): Promise<KeptCheckpoint | undefined> {
    for (const name of (await this.#names()).reverse()) {
      let last: KeptCheckpoint | undefined;
      for await (const { line } of fileLines(this.files, join(this.#folder, name))) last = openLine(line) ?? last;
      if (last) return last;
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#day?.segment.close();
    this.#day = undefined;
  }

  async #newestName(): Promise<string | undefined> {
    return this.#day?.name ?? (await this.#names()).at(-1);
  }

  async #names(): Promise<string[]> {
    return (await this.files.list(this.#folder)).filter(name => FILE.test(name)).sort();
  }

  async #segmentOf(name: string): Promise<Segment> {
    if (this.#day?.name === name) return this.#day.segment;
    await this.close();
    await this.files.makeFolder(this.#folder);
    const path = join(this.#folder, name);
    await cutTornLine(this.files, path);
    const segment = await Segment.open(this.files, path, 'power-loss');
    if (!segment.size) await this.files.syncFolder(this.#folder);
    this.#day = { name, segment };
    return segment;
  }
}

/**
 * A loss of power tears the last line alone: each one is confirmed before the next.
 *
 * @throws AuditLogError `audit_log_changed` where more than that is no checkpoint
 */
async function cutTornLine(files: AuditFiles, path: string): Promise<void> {
  const size = (await files.state(path))?.size ?? 0;
  let good = 0;
  for await (const { line, offset } of size ? fileLines(files, path) : []) {
    if (!openLine(line)) break;
    good = offset + line.length + 1;
  }
  if (good === size) return;
  if (size - good > MAX_LINE)
    throw new AuditLogError('changed', `${path} is damaged from byte ${good} on. Restore it from the anchor.`);
  const file = await files.open(path);
  await file.truncate(good);
  await file.sync();
  await file.close();
}

function openLine(line: Uint8Array): KeptCheckpoint | undefined {
  try {
    const text: unknown = JSON.parse(Buffer.from(line).toString());
    return typeof text === 'string' ? openCheckpoint(text) : undefined;
  } catch {
    return undefined;
  }
}
