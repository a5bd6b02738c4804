import { type AuditFiles } from './audit-files.js';
import { type OpenIntents } from './open-intents.js';
import { logLine, type LogSegment } from './record-line.js';
import { removableSegments, removeSegments, timeOf } from './retention.js';
import { type AuditDurability, Segment } from './segment.js';
import { recordsFolder, segmentPath } from './segment-names.js';

export interface LogSegmentsParts {
  readonly files: AuditFiles;
  readonly folder: string;
  readonly durability: AuditDurability;
  /** Bytes after which the next segment begins. */
  readonly segmentSize: number;
  /** Seconds after which the next segment begins. */
  readonly segmentAge: number;
  /** Seconds that records are kept. */
  readonly keepFor: number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Throws when another process has taken the log. */
  readonly assertHeld: () => void;
  readonly log: string;
  readonly origin: string;
  readonly open: OpenIntents;
  /** The lowest sequence number that something else than the log still needs. */
  readonly needed: () => number;
}

/** Which segment is written now, when the next one begins, and which ones are old enough to go. */
export class LogSegments {
  #segment: Segment | undefined;
  #since: number;
  #isDue = false;
  #removable: readonly number[] = [];
  #keptFrom = 0;

  constructor(private readonly parts: LogSegmentsParts) {
    this.#since = parts.clock();
  }

  /** Goes on with the segment that a process before has left, at its age. */
  async resume(first: number): Promise<void> {
    const { files, folder } = this.parts;
    this.#since = Math.min(this.#since, await timeOf(files, folder, first));
    this.#segment = await this.#open(first);
  }

  /** The next segment begins with the next record. */
  rotate(): void {
    this.#isDue = true;
  }

  /** @returns the segment that record `seq` goes to, and the line that comes first where that one is new */
  async for(seq: number): Promise<{ readonly segment: Segment; readonly head?: LogSegment }> {
    if (!this.#segment || this.#isFull(this.#segment)) await this.#begin(seq);
    const segment = this.#segment!;
    return segment.size || seq === 0 ? { segment } : { segment, head: this.#headOf(seq) };
  }

  /** The segment that the next record goes to, where it needs no new one and no line before it. */
  now(): Segment | undefined {
    return this.#segment?.size && !this.#isFull(this.#segment) ? this.#segment : undefined;
  }

  /** After a write: the segment that says which ones are gone is confirmed, so they may go. */
  async removeOld(): Promise<void> {
    const removable = this.#removable;
    this.#removable = [];
    await removeSegments(this.parts.files, this.parts.folder, removable);
  }

  async assertWritable(): Promise<void> {
    await this.#segment?.assertWritable();
  }

  async close(): Promise<void> {
    await this.#segment?.close();
  }

  #isFull({ size }: Segment): boolean {
    const { segmentSize, segmentAge, clock } = this.parts;
    return size > 0 && (this.#isDue || size >= segmentSize || clock() - this.#since >= segmentAge * 1000);
  }

  async #begin(seq: number): Promise<void> {
    const { files, folder, clock, keepFor, open, needed, assertHeld } = this.parts;
    const last = this.#segment;
    // Until it has begun, also where that fails half-way and the clock is set back: its file may be there.
    this.#isDue = true;
    await last?.finish();
    assertHeld();
    const next = await this.#open(seq);
    try {
      await files.syncFolder(recordsFolder(folder));
    } catch (error) {
      await next.close();
      throw error;
    }
    this.#segment = next;
    await last?.close();
    [this.#since, this.#isDue] = [clock(), false];
    const limits = { now: clock(), keepFor, needed: Math.min(open.from(seq), needed()) };
    const old = await removableSegments(files, folder, limits);
    [this.#removable, this.#keptFrom] = [old.removable, old.keptFrom];
  }

  #headOf(seq: number): LogSegment {
    const { log, origin, clock, open } = this.parts;
    const about = { origin, open_from: open.from(seq), kept_from: this.#keptFrom };
    return { ...logLine(log, clock()), type: 'log.segment', ...about };
  }

  #open(first: number): Promise<Segment> {
    const { files, folder, durability, assertHeld } = this.parts;
    return Segment.open(files, segmentPath(folder, first), durability, assertHeld);
  }
}
