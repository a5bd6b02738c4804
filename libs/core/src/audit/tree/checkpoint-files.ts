import { join } from 'node:path';
import { type AuditFile, type AuditFiles } from '../log/audit-files.js';
import { fileLines } from '../log/read-records.js';
import { type Checkpoint, parseCheckpoint } from '../proof/checkpoint.js';
import { parseNote, type SignedNote } from '../proof/note.js';

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

/** The checkpoints of a log, one JSON string on a line, in a file for each day (UTC) in which there were any. */
export class CheckpointFiles {
  readonly #folder: string;
  #day: { readonly name: string; readonly file: AuditFile } | undefined;

  /** @param folder in which the folder `checkpoints` is */
  constructor(
    private readonly files: AuditFiles,
    folder: string,
  ) {
    this.#folder = join(folder, 'checkpoints');
  }

  /** Resolves when it survives a loss of power. @param now milliseconds since the epoch */
  async append(text: string, now: number): Promise<void> {
    const file = await this.#fileOf(`${new Date(now).toISOString().slice(0, 10)}.jsonl`);
    await file.append(Buffer.from(`${JSON.stringify(text)}\n`));
    await file.sync();
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
    await this.#day?.file.close();
    this.#day = undefined;
  }

  async #names(): Promise<string[]> {
    return (await this.files.list(this.#folder)).filter(name => FILE.test(name)).sort();
  }

  /** A line that a loss of power has torn is ended first. */
  async #fileOf(name: string): Promise<AuditFile> {
    if (this.#day?.name === name) return this.#day.file;
    await this.close();
    await this.files.makeFolder(this.#folder);
    const file = await this.files.open(join(this.#folder, name));
    if ((await file.state()).size) await file.append(Buffer.from('\n'));
    else await this.files.syncFolder(this.#folder);
    this.#day = { name, file };
    return file;
  }
}

function openLine(line: Uint8Array): KeptCheckpoint | undefined {
  try {
    const text: unknown = JSON.parse(Buffer.from(line).toString());
    return typeof text === 'string' ? openCheckpoint(text) : undefined;
  } catch {
    return undefined;
  }
}
