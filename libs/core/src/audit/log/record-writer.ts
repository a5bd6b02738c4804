import { type AuditPosition } from '../audit-log.js';
import { type OpenIntents } from './open-intents.js';
import { type AuditLogLine, type Line, oneLine, recordLine, sized } from './record-line.js';
import { isOutcome, RecordQueue, settle, type Waiting, type WaitingRecord } from './record-queue.js';
import { type Segment } from './segment.js';

/** Milliseconds after which what nobody waits for is confirmed, if nothing else was until then. */
const CONFIRM_WITHIN = 10;
/** Milliseconds after which it is tried again, where something could not be written or confirmed. */
const RETRY_AFTER = 1_000;

export interface RecordWriterParts {
  /** Which log it is: the origin of its checkpoints. */
  readonly log: string;
  readonly open: OpenIntents;
  /** Called before a write: the segment to write to, and the line that a new one begins with. What is in the one before is confirmed then. */
  readonly segment: (seq: number) => Promise<{ readonly segment: Segment; readonly head?: AuditLogLine }>;
  /** The same, where there is nothing to wait for. */
  readonly segmentNow: () => Segment | undefined;
  /** Called with the lines that are confirmed, in their order, without line ends. It must not throw. */
  readonly onConfirmed: (lines: readonly string[]) => void;
  /** Called where outcomes that nobody waits for could not be confirmed. It must not throw. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Writes records in the order in which they come, and gives them their sequence numbers.
 *
 * Whoever announces an act waits until its record is confirmed. Those that come while others are confirmed share the next time (group commit), so the
 * log is as durable with many callers as with one, and faster. Whoever tells how an act has ended waits until the operating system has the
 * record, which is now: it is confirmed with the next act, or a moment later.
 */
export class RecordWriter {
  readonly #queue = new RecordQueue();
  /** Lines that are written, and not confirmed. */
  #unconfirmed: string[] = [];
  #segment: Segment | undefined;
  #working: Promise<void> | undefined;
  /** Whether a segment, or the next one, is made ready for a write. */
  #isPreparing = false;
  #isWritingSoon = false;
  /** Whether what came last could not be written or confirmed. */
  #hasFailed = false;
  #isEnded = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: RecordWriterParts,
    private next: number,
  ) {}

  /** The sequence number after the last record that is confirmed. */
  get confirmedUntil(): number {
    return this.next - this.#unconfirmed.length;
  }

  /** Whether something is not written, or not confirmed, that nobody waits for. */
  get #isBehind(): boolean {
    return this.#unconfirmed.length > 0 || this.#queue.isOwing;
  }

  /**
   * @returns its place: of an act when it is confirmed; of an outcome when it is written, and final when it is confirmed
   * @throws AuditLogError, or the error of a write: then it is not in the log
   */
  append(line: Line): Promise<AuditPosition> {
    return new Promise((resolve, reject) => {
      const record = sized(line);
      if (!isOutcome(line)) this.#queue.assertRoom();
      this.#queue.add({ line, ...record, resolve, reject });
      if (isOutcome(line)) this.#writeSoon();
      else this.#work();
    });
  }

  /**
   * Resolves when every record so far is confirmed.
   *
   * @throws AuditLogError, or the error of a write
   */
  flush(): Promise<void> {
    if (!this.#working && !this.#queue.length && !this.#isBehind) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#queue.add({ bytes: 0, resolve, reject });
      this.#work();
    });
  }

  /** Tries for the last time. */
  async end(): Promise<void> {
    await this.flush().catch(() => undefined);
    this.#isEnded = true;
    clearTimeout(this.#timer);
  }

  #work(): void {
    this.#working ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    for (await this.#queue.gathered(); this.#queue.length; await this.#queue.gathered())
      await this.#write(this.#queue.take());
    this.#working = undefined;
    this.#confirmSoon();
  }

  /** What other requests tell at the same moment is one write. */
  #writeSoon(): void {
    if (this.#isWritingSoon) return;
    this.#isWritingSoon = true;
    queueMicrotask(() => {
      this.#isWritingSoon = false;
      this.#writeOutcomes();
    });
  }

  /** Beside acts that are being confirmed, unless something must be done to the segment first. */
  #writeOutcomes(): void {
    if (!this.#queue.length) return;
    const segment = this.#isPreparing ? undefined : this.parts.segmentNow();
    if (!segment?.isReady) return this.#work();
    const outcomes = this.#queue.takeOutcomes();
    if (!outcomes.length) return this.#work();
    try {
      settle(outcomes, { first: this.#append(segment, outcomes), log: this.parts.log });
    } catch (error) {
      this.#fail(error, outcomes);
    }
    if (!this.#working) this.#confirmSoon();
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    let first: number;
    try {
      first = await this.#appendPrepared(batch.filter(one => one.line !== undefined));
    } catch (error) {
      return this.#fail(error, batch);
    }
    const written = { first, log: this.parts.log };
    settle(batch, written);
    if (batch.every(one => one.line && isOutcome(one.line))) return;
    try {
      await this.#confirm();
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return this.#fail(error, []);
    }
    settle(batch, { ...written, isConfirmed: true });
  }

  async #appendPrepared(records: readonly WaitingRecord[]): Promise<number> {
    if (!records.length) return this.next;
    this.#isPreparing = true;
    try {
      const { segment, head } = await this.parts.segment(this.next);
      await segment.makeReady();
      return this.#append(segment, records, head);
    } finally {
      this.#isPreparing = false;
    }
  }

  /** @returns the number of the first record */
  #append(segment: Segment, records: readonly WaitingRecord[], head?: AuditLogLine): number {
    const texts = [...(head ? [oneLine(head)] : []), ...records.map(({ text }) => text)];
    const lines = texts.map((text, i) => recordLine(this.next + i, text));
    const isAct = !records.every(({ line }) => isOutcome(line));
    segment.append(Buffer.from(`${lines.join('\n')}\n`), isAct);
    this.#hasFailed = false;
    const first = this.next + (head ? 1 : 0);
    this.next += lines.length;
    records.forEach(({ line }, i) => this.parts.open.note(first + i, line));
    this.#segment = segment;
    this.#unconfirmed.push(...lines);
    return first;
  }

  async #confirm(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Outcomes may be written meanwhile.
    const written = this.#unconfirmed.length;
    await this.#segment?.sync();
    this.parts.onConfirmed(this.#unconfirmed.splice(0, written));
  }

  #confirmSoon(): void {
    if (this.#isEnded || !this.#isBehind) return;
    const [hasFailed, ms] = this.#hasFailed ? [true, RETRY_AFTER] : [false, CONFIRM_WITHIN];
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch(error => hasFailed || this.parts.onFailure(error));
    }, ms).unref();
  }

  #fail(error: unknown, unwritten: readonly Waiting[]): void {
    this.#hasFailed = true;
    this.#queue.refuse(unwritten, error);
  }
}
