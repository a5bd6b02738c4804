import { type AuditEvent } from '../audit-event.js';
import { type AuditLogLine } from './record-line.js';

type Line = AuditEvent | AuditLogLine;

/** The intents that have no outcome yet, in their order. */
export class OpenIntents {
  readonly #open = new Map<string, { readonly seq: number; readonly intent: AuditEvent }>();

  note(seq: number, line: Line): void {
    if (!('outcome' in line)) return;
    if (line.type.endsWith('.intent')) this.#open.set(line.id, { seq, intent: line });
    else if (line.intent_id !== null) this.#open.delete(line.intent_id);
  }

  /** The lowest sequence number of one, or `next` where there is none. */
  from(next: number): number {
    for (const { seq } of this.#open.values()) return seq;
    return next;
  }

  get intents(): AuditEvent[] {
    return [...this.#open.values()].map(({ intent }) => intent);
  }
}
