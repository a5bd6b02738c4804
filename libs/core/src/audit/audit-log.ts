import { type AuditEvent } from './audit-event.js';

/**
 * The audit log of this process. `append` resolves when the record is stored. It rejects when the record cannot be stored: then
 * the call that the record announces does not run. Provide your own by extending this class and passing an instance as `audit.log`.
 */
export abstract class AuditLog {
  abstract append(event: AuditEvent): Promise<void>;

  /** Where the records are, for the operator who looks for them. It is said at the start of the application. Default: the name of the class. */
  get place(): string {
    return this.constructor.name;
  }

  /** Called once at shutdown, after the last `append`. */
  async close(): Promise<void> {}
}
