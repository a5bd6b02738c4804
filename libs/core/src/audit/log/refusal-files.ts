import { join } from 'node:path';
import { type AuditEvent } from '../audit-event.js';
import { type AuditFile, type AuditFiles } from './audit-files.js';
import { nodeFiles } from './node-files.js';
import { fileLines } from './read-records.js';
import { oneLine } from './record-line.js';

/** Bytes of one file. There are two, so twice that is the most that strangers can write. */
const MAX_FILE = 8 * 1_048_576;
/** Refusals in a second that are written one by one; the others are counted alone. */
const MAX_PER_SECOND = 100;
const LINE_FEED = 0x0a;
const NAME = /^(\d{20})\.jsonl$/;

interface OpenFile {
  readonly handle: AuditFile;
  size: number;
}

/**
 * The refusals of callers that are not identified, apart from the log: whoever has no credential decides how many there are. They are not
 * confirmed by the device and no part of the tree. Their number, by reason, goes to the log itself.
 */
export class RefusalFiles {
  readonly #folder: string;
  #file: OpenFile | undefined;
  #write: Promise<void> = Promise.resolve();
  #waiting: string[] = [];
  #second = { starts: -Infinity, written: 0 };
  #counts = new Map<string, number>();
  #since: number | undefined;

  constructor(
    private readonly files: AuditFiles,
    folder: string,
    private readonly clock: () => number,
  ) {
    this.#folder = join(folder, 'refusals');
  }

  /** Rejects when it cannot be written. */
  append(event: AuditEvent): Promise<void> {
    this.#since ??= this.clock();
    const reason = event.reason ?? 'error';
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    if (!this.#isWithinRate()) return Promise.resolve();
    this.#waiting.push(oneLine(event));
    if (this.#waiting.length === 1) this.#write = this.#write.catch(() => undefined).then(() => this.#flush());
    return this.#write;
  }

  /** How many there were since it was last called; `undefined` where there were none. */
  takeCounts(): { readonly since: string; readonly counts: Record<string, number> } | undefined {
    if (this.#since === undefined) return undefined;
    const taken = { since: new Date(this.#since).toISOString(), counts: Object.fromEntries(this.#counts) };
    this.#since = undefined;
    this.#counts = new Map();
    return taken;
  }

  async close(): Promise<void> {
    await this.#write.catch(() => undefined);
    await this.#file?.handle.close();
    this.#file = undefined;
  }

  #isWithinRate(): boolean {
    const now = this.clock();
    if (Math.abs(now - this.#second.starts) >= 1000) this.#second = { starts: now, written: 0 };
    return ++this.#second.written <= MAX_PER_SECOND;
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#waiting.map(line => `${line}\n`).join(''));
    this.#waiting = [];
    const file = (this.#file ??= await this.#open());
    try {
      file.handle.append(bytes);
    } catch (error) {
      this.#file = undefined;
      await file.handle.close().catch(() => undefined);
      throw error;
    }
    file.size += bytes.length;
    if (file.size >= MAX_FILE) {
      this.#file = undefined;
      await file.handle.close();
    }
  }

  /** The newest file, or the next one where that is full. */
  async #open(): Promise<OpenFile> {
    await this.files.makeFolder(this.#folder);
    const numbers = (await this.files.list(this.#folder))
      .map(name => NAME.exec(name)?.[1])
      .filter(digits => digits !== undefined)
      .map(Number)
      .sort((one, other) => one - other);
    const newest = numbers.at(-1) ?? 0;
    const size = (await this.files.state(this.#path(newest)))?.size ?? 0;
    const number = size >= MAX_FILE ? newest + 1 : newest;
    for (const old of numbers.filter(one => one < number - 1)) await this.files.remove(this.#path(old));
    const handle = await this.files.open(this.#path(number));
    const file = { handle, size: number === newest ? size : 0 };
    if (file.size && (await this.files.read(this.#path(number), file.size - 1, 1))[0] !== LINE_FEED) {
      handle.append(Uint8Array.of(LINE_FEED));
      file.size += 1;
    }
    return file;
  }

  #path(number: number): string {
    return join(this.#folder, `${String(number).padStart(20, '0')}.jsonl`);
  }
}

/** The refusals of strangers that are kept, oldest first. @param folder of one instance */
export const strangersOf = (folder: string, files: AuditFiles = nodeFiles): AsyncGenerator<Uint8Array> =>
  strangersFrom(folder, new Map(), files);

/** The same from a place on. @param read how many bytes of each file were read before; it is brought up to date */
export async function* strangersFrom(
  folder: string,
  read: Map<string, number>,
  files: AuditFiles = nodeFiles,
): AsyncGenerator<Uint8Array> {
  const path = join(folder, 'refusals');
  for (const name of (await files.list(path)).filter(one => NAME.test(one)).sort())
    for await (const { line, offset } of fileLines(files, join(path, name), read.get(name) ?? 0)) {
      read.set(name, offset + line.length + 1);
      if (line.length) yield line;
    }
}
