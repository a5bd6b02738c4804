import { type AuditedCall } from 'execution-identity';

/** Calls of targets that are listed by name: a record on the audit log has a bounded length. */
const LISTED = 100;

/** The targets that an execution called, in order: at most 100 of them, then `unlisted` counts. */
export class NotedCalls {
  readonly listed: AuditedCall[] = [];
  unlisted = 0;

  note(call: AuditedCall): void {
    if (this.listed.length < LISTED) this.listed.push(call);
    else this.unlisted++;
  }
}
