import { type AuditEvent } from '../audit-event.js';
import { type AuditPosition } from '../audit-log.js';
import { AuditLogError } from './audit-log-error.js';
import { type AuditLogLine } from './record-line.js';

export type Line = AuditEvent | AuditLogLine;

/** Characters of one record, and of those that are written together. */
export const MAX_TEXT = 262_144;

/** Milliseconds for which records gather, at the most, before they are written. */
const GATHER = 2;

/** Turns of the event loop without a record, after which no more are waited for. An empty turn takes some microseconds. */
const QUIET_TURNS = 8;

/** Records that wait. Beyond it the log is too slow for its callers, and tells them. */
const MAX_WAITING = 10_000;

/** Outcomes that are kept for a log that cannot be written. */
const MAX_OWED = 10_000;

export interface WaitingRecord {
  readonly line: Line;
  readonly text: string;
  readonly resolve: (position: AuditPosition) => void;
  readonly reject: (error: unknown) => void;
}

/** Whoever waits until all that came before is confirmed. */
interface WaitingFlush {
  readonly line?: undefined;
  readonly text: '';
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

  /** @throws AuditLogError `audit_log_busy` */
  assertRoom(): void {
    if (this.length < MAX_WAITING) return;
    throw new AuditLogError(
      'busy',
      `${MAX_WAITING} records wait for the disk: it is too slow for this load, or it hangs.`,
    );
  }

  add(one: Waiting): void {
    if (one.line && isOutcome(one.line)) this.#outcomes.push(one);
    else this.#others.push(one);
  }

  /** What has happened is recorded as soon as the log can be written again; what was only announced did not happen. */
  owe(batch: readonly Waiting[]): void {
    for (const one of batch) if (one.line && isOutcome(one.line) && this.#owed.length < MAX_OWED) this.#owed.push(one);
  }

  /** What is written together: as much as may be, and at least one. */
  take(): Waiting[] {
    const all = [...this.#owed, ...this.#outcomes, ...this.#others];
    [this.#owed, this.#outcomes, this.#others] = [[], [], []];
    let [count, length] = [1, all[0]?.text.length ?? 0];
    while (count < all.length && length + all[count]!.text.length <= MAX_TEXT) length += all[count++]!.text.length;
    for (const one of all.splice(count)) this.add(one);
    return all;
  }

  /** All outcomes; none where there are more than may be written together. */
  takeOutcomes(): WaitingRecord[] {
    const length = this.#outcomes.reduce((sum, { text }) => sum + text.length, 0);
    return this.#owed.length || length > MAX_TEXT ? [] : this.#outcomes.splice(0);
  }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
