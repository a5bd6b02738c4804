import { randomUUID } from 'node:crypto';
import { type AuditEvent } from '../audit-event.js';

interface LogLine {
  readonly v: 1;
  readonly id: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  /** Which log this is, for ever: a UUID. */
  readonly log: string;
}

/** The first record of a log, and of each later process that goes on with it. */
export interface LogOpened extends LogLine {
  readonly type: 'log.opened';
  readonly instance: string;
  /** The origin of the checkpoints of this log. */
  readonly origin: string;
  /** How many intents of the process before had no outcome. As many outcomes `unknown` follow. */
  readonly unfinished: number;
  /** Bytes of an unfinished write that were set aside, in `damaged/`. */
  readonly set_aside: number;
}

/** The first record of each segment but the first. */
export interface LogSegment extends LogLine {
  readonly type: 'log.segment';
  readonly origin: string;
  /** The lowest sequence number of an intent that has no outcome yet; its own where there is none. */
  readonly open_from: number;
  /** The lowest sequence number that is kept: segments before it were removed by retention. */
  readonly kept_from: number;
}

/** The last record of a process that ended in order. */
export interface LogClosed extends LogLine {
  readonly type: 'log.closed';
}

/** How many callers that are not identified were refused, by reason, since the last such record. */
export interface RefusalsCounted extends LogLine {
  readonly type: 'refusals.counted';
  readonly since: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** What the log says about itself. */
export type AuditLogLine = LogOpened | LogSegment | LogClosed | RefusalsCounted;

/** A line that has no number yet. */
export type Line = AuditEvent | AuditLogLine;

/** A line of the audit log. Sequence numbers start at 0 and have no gaps. */
export type AuditRecord = { readonly seq: number } & (AuditEvent | AuditLogLine);

/** The members that every line of the log about itself has. */
export const logLine = (log: string, now: number): LogLine => ({
  v: 1,
  id: randomUUID(),
  time: new Date(now).toISOString(),
  log,
});

/** What ends a line, moves the cursor or changes the direction of writing, in a program that shows the file. */
const UNSHOWABLE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** JSON on one line, whatever the strings hold: what JSON leaves as it is and an editor may take for a line end is escaped too. */
export function oneLine(value: Line): string {
  const text = JSON.stringify(value);
  return isPlain(text) ? text : text.replace(UNSHOWABLE, escaped);
}

/** Of one byte for each character, as nearly all records are. Looking for each of the others takes ten times as long. */
const isPlain = (text: string): boolean => Buffer.byteLength(text) === text.length && !text.includes('\u007f');

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Bytes of one record, and of those that are written together. */
export const MAX_BYTES = 262_144;

/**
 * A line as it is written, but for its number.
 *
 * @throws TypeError for what the next start could not read; RangeError for more than 262,144 bytes
 */
export function sized(line: Line): { readonly text: string; readonly bytes: number } {
  if (typeof line?.type !== 'string' || typeof line.id !== 'string' || line.v !== 1 || 'seq' in line)
    throw new TypeError('A record has v: 1, a type and an id, and no seq: make it as AuditEvent says.');
  const text = oneLine(line);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) throw new RangeError(`A record has at most ${MAX_BYTES} bytes.`);
  return { text, bytes };
}

/** @param text by {@link oneLine} */
export const recordLine = (seq: number, text: string): string => `{"seq":${seq},${text.slice(1)}`;
