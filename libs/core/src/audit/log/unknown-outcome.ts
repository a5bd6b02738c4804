import { randomUUID } from 'node:crypto';
import { type AuditEvent, type AuditEventType } from '../audit-event.js';

/** The outcome of an intent whose process has ended: it may have happened, in part or in full. Who acts is as the intent says. */
export const unknownOutcome = (intent: AuditEvent, now: number): AuditEvent => ({
  ...intent,
  id: randomUUID(),
  time: new Date(now).toISOString(),
  type: intent.type.replace('.intent', '.outcome') as AuditEventType,
  outcome: 'unknown',
  reason: 'process_ended',
  intent_id: intent.id,
});

/** A refusal before it is known who calls: whoever has no credential decides how many there are. */
export const isOfStranger = (event: AuditEvent): boolean => event?.outcome === 'refused' && event.actor_sub === null;
