import { type AuditPosition } from '../audit-log.js';
import { AuditLogError } from './audit-log-error.js';
import { type Line, MAX_BYTES } from './record-line.js';

/** Milliseconds for which records gather, at the most, before they are written. */
const GATHER = 2;

/** Turns of the event loop without a record, after which no more are waited for. An empty turn takes some microseconds. */
const QUIET_TURNS = 8;

/** Acts that wait. Beyond it the log is too slow for its callers, and tells them. */
const MAX_WAITING = 10_000;

/** Outcomes that are kept for a log that cannot be written. */
const MAX_OWED = 10_000;

export interface WaitingRecord {
  readonly line: Line;
  readonly text: string;
  /** Of the text. */
  readonly bytes: number;
  readonly resolve: (position: AuditPosition) => void;
  readonly reject: (error: unknown) => void;
}

/** Whoever waits until all that came before is confirmed. */
interface WaitingFlush {
  readonly line?: undefined;
  readonly bytes: 0;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export type Waiting = WaitingRecord | WaitingFlush;

/** How an act has ended. It refers to an intent that is on the log, so it may be written before what came earlier. */
export const isOutcome = ({ type }: Line): boolean => type.endsWith('.outcome');

/** Where a batch is, whose first record has this number. */
interface Written {
  readonly first: number;
  readonly log: string;
  readonly isConfirmed?: boolean;
}

/** Tells those of a batch that waited for no more: of what is written its outcomes, of what is confirmed everybody. */
export function settle(batch: readonly Waiting[], { first, log, isConfirmed = false }: Written): void {
  let seq = first;
  for (const one of batch) {
    if (!one.line) {
      if (isConfirmed) one.resolve();
      continue;
    }
    const position = { seq: seq++, log };
    if (isConfirmed || isOutcome(one.line)) one.resolve(position);
  }
}

/** What waits to be written: outcomes, and acts and flushes in their order. */
export class RecordQueue {
  #outcomes: WaitingRecord[] = [];
  #others: Waiting[] = [];
  /** Outcomes that could not be written. Nobody waits for them, and they are written before anything else. */
  #owed: WaitingRecord[] = [];

  get length(): number {
    return this.#outcomes.length + this.#others.length;
  }

  /** Whether outcomes are kept that could not be written. */
  get isOwing(): boolean {
    return this.#owed.length > 0;
  }

  /**
   * Resolves when some turns of the event loop have brought no more records, or after some milliseconds: confirming costs the same for one record and
   * for many. Who has just been answered often comes again at once.
   */
  async gathered(): Promise<void> {
    const latest = performance.now() + GATHER;
    for (let known = this.length, quiet = 0; quiet < QUIET_TURNS && performance.now() < latest; known = this.length) {
      await turn();
      quiet = known === this.length ? quiet + 1 : 0;
    }
  }

  /** For an act. An outcome has room: there are no more of them than acts that were let through. @throws AuditLogError `audit_log_busy` */
  assertRoom(): void {
    if (this.#others.length < MAX_WAITING) return;
    throw new AuditLogError(
      'busy',
      `${MAX_WAITING} acts wait for the disk: it is too slow for this load, or it hangs.`,
    );
  }

  add(one: Waiting): void {
    if (one.line && isOutcome(one.line)) this.#outcomes.push(one);
    else this.#others.push(one);
  }

  /**
   * Refuses a batch that was not written, and what waits behind it: outcomes that are owed come first, and would be tried again and again before it.
   * What has happened is recorded as soon as the log can be written again; what was only announced did not happen.
   */
  refuse(batch: readonly Waiting[], error: unknown): void {
    const refused = [...batch, ...this.#outcomes.splice(0), ...this.#others.splice(0)];
    for (const one of refused) {
      if (one.line && isOutcome(one.line) && this.#owed.length < MAX_OWED) this.#owed.push(one);
      one.reject(error);
    }
  }

  /** What is written together: as much as may be, and at least one. */
  take(): Waiting[] {
    const all = [...this.#owed, ...this.#outcomes, ...this.#others];
    [this.#owed, this.#outcomes, this.#others] = [[], [], []];
    let [count, bytes] = [1, all[0]?.bytes ?? 0];
    while (count < all.length && bytes + all[count]!.bytes <= MAX_BYTES) bytes += all[count++]!.bytes;
    for (const one of all.splice(count)) this.add(one);
    return all;
  }

  /** All outcomes; none where there are more than may be written together. */
  takeOutcomes(): WaitingRecord[] {
    const all = this.#outcomes.reduce((sum, { bytes }) => sum + bytes, 0);
    return this.#owed.length || all > MAX_BYTES ? [] : this.#outcomes.splice(0);
  }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
