import { type AuditEvent } from '../audit-event.js';
import { type AuditPosition } from '../audit-log.js';
import { AuditLogError } from './audit-log-error.js';
import { type OpenIntents } from './open-intents.js';
import { type AuditLogLine, oneLine, recordLine } from './record-line.js';
import { type Segment } from './segment.js';

/** Records that wait. Beyond it the log is too slow for its callers, and tells them. */
const MAX_WAITING = 10_000;
/** Bytes that are confirmed together: no more than this of a log can be torn by a loss of power. */
export const MAX_BATCH = 1_048_576;

/** Milliseconds for which records gather, at the most, before they are written. */
const GATHER = 2;

/** Characters of JSON, of which each has at most three bytes. */
const MAX_RECORD = MAX_BATCH / 4;

type Line = AuditEvent | AuditLogLine;

interface Waiting {
  readonly line: Line;
  readonly text: string;
  readonly resolve: (position: AuditPosition) => void;
  readonly reject: (error: unknown) => void;
}

export interface RecordWriterParts {
  /** Which log it is: the origin of its checkpoints. */
  readonly log: string;
  readonly open: OpenIntents;
  /** Called before each write: the segment to write to, a new one where it is time for one, and the line that a new one begins with. */
  readonly segment: (seq: number) => Promise<{ readonly segment: Segment; readonly head?: AuditLogLine }>;
  /** Called with the lines of each confirmed write, in their order, without line ends. It must not throw. */
  readonly onConfirmed: (lines: readonly string[]) => void;
}

/**
 * Writes records in the order in which they come, and gives them their sequence numbers. Those that come while a write is under way share
 * the next one (group commit), so the log is as durable with many callers as with one, and faster.
 */
export class RecordWriter {
  #waiting: Waiting[] = [];
  /** Outcomes that could not be written. Nobody waits for them, and they are written before anything else. */
  #owed: Waiting[] = [];
  #writing: Promise<void> | undefined;

  constructor(
    private readonly parts: RecordWriterParts,
    private next: number,
  ) {}

  /** The sequence number that the next record gets. */
  get nextSeq(): number {
    return this.next;
  }

  /**
   * @returns its place, when it is confirmed
   * @throws AuditLogError, or the error of a write: then it is not in the log
   */
  append(line: Line): Promise<AuditPosition> {
    if (this.#waiting.length >= MAX_WAITING)
      return Promise.reject(
        new AuditLogError(
          'busy',
          `${MAX_WAITING} records wait for the disk: it is too slow for this load, or it hangs.`,
        ),
      );
    if (typeof line?.type !== 'string' || typeof line.id !== 'string')
      return Promise.reject(new TypeError('A record has a type and an id: make it as AuditEvent says.'));
    return new Promise((resolve, reject) => {
      const text = oneLine(line);
      if (text.length > MAX_RECORD) throw new RangeError(`A record has at most ${MAX_RECORD} characters.`);
      this.#waiting.push({ line, text, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (await this.#gathered(); this.#waiting.length; await this.#gathered()) {
      const batch = this.#take();
      try {
        await this.#write(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
        this.#owe(batch);
      }
    }
    this.#writing = undefined;
  }

  /**
   * Resolves when a turn of the event loop has brought no more records, or after some milliseconds: a write costs the same for one record and for
   * many. A record that is alone waits for one turn.
   */
  async #gathered(): Promise<void> {
    const latest = performance.now() + GATHER;
    for (let known = -1; known < this.#waiting.length && performance.now() < latest;) {
      known = this.#waiting.length;
      await turn();
    }
  }

  /** What has happened is recorded as soon as the log can be written again; what was only announced did not happen. */
  #owe(batch: readonly Waiting[]): void {
    const owed = batch.filter(({ line }) => line.type.endsWith('.outcome'));
    this.#owed = [...this.#owed, ...owed].slice(0, MAX_WAITING);
  }

  #take(): Waiting[] {
    if (this.#owed.length) this.#waiting.unshift(...this.#owed.splice(0));
    let [count, size] = [0, 0];
    while (count < this.#waiting.length && (count === 0 || size + this.#sizeOf(count) <= MAX_RECORD))
      size += this.#sizeOf(count++);
    if (count < this.#waiting.length) return this.#waiting.splice(0, count);
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }

  #sizeOf(index: number): number {
    return this.#waiting[index]!.text.length;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const { segment, head } = await this.parts.segment(this.next);
    const written: Line[] = [...(head ? [head] : []), ...batch.map(({ line }) => line)];
    const texts = [...(head ? [oneLine(head)] : []), ...batch.map(({ text }) => text)];
    const lines = texts.map((text, i) => recordLine(this.next + i, text));
    await segment.append(Buffer.from(`${lines.join('\n')}\n`));
    const first = this.next;
    this.next += lines.length;
    written.forEach((line, i) => this.parts.open.note(first + i, line));
    const { log } = this.parts;
    batch.forEach(({ resolve }, i) => resolve({ seq: first + i + (head ? 1 : 0), log }));
    this.parts.onConfirmed(lines);
  }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
