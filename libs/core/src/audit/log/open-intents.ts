import { type AuditEvent } from '../audit-event.js';
import { type AuditLogLine } from './record-line.js';

type Line = AuditEvent | AuditLogLine;

/**
 * The intents that have no outcome yet, in their order. Of each it keeps its sequence number alone: what a map of many short-lived entries refers
 * to stays in memory until a full collection of garbage.
 */
export class OpenIntents {
  readonly #open = new Map<string, number>();

  note(seq: number, line: Line): void {
    if (isIntent(line)) this.#open.set(line.id, seq);
    const ended = endedBy(line);
    if (ended !== undefined) this.#open.delete(ended);
  }

  /** The lowest sequence number of one, or `next` where there is none. */
  from(next: number): number {
    for (const seq of this.#open.values()) return seq;
    return next;
  }
}

export const isIntent = (line: Line): line is AuditEvent => 'outcome' in line && line.type.endsWith('.intent');

/** The id of the intent that a record ends. */
export const endedBy = (line: Line): string | undefined =>
  'outcome' in line ? (line.intent_id ?? undefined) : undefined;
