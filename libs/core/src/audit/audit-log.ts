import { type AuditEvent } from './audit-event.js';

/** Where a record is in its log. */
export interface AuditPosition {
  /** Its sequence number. */
  readonly seq: number;
  /** Which log: the origin of its checkpoints. */
  readonly log: string;
}

/**
 * The audit log of this process. Provide your own by extending this class and passing an instance as `audit.log`. One that passes records on
 * to another log passes on `flush` too.
 */
export abstract class AuditLog {
  /**
   * Resolves when the record is stored, with its place where the log has one. It rejects when the record cannot be stored: then the call that
   * the record announces does not run. The record of how an act has ended (`….outcome`) may be stored later, since its intent is stored: an
   * answer waits for this promise, and for no more.
   */
  abstract append(event: AuditEvent): Promise<AuditPosition | undefined | void>;

  /** Resolves when all that `append` has resolved for is stored for good, outcomes too. Default: it is stored when `append` resolves. */
  async flush(): Promise<void> {}

  /** Called once before the application takes calls. Where it rejects, the application does not start. */
  async open(): Promise<void> {}

  /**
   * Rejects where the next record could not be stored, as far as that shows without storing one. It does NOT write. Health checks ask once a
   * second at most. Default: nothing is known, so it resolves.
   */
  async assertWritable(): Promise<void> {}

  /** Where the records are, for the operator who looks for them. It is said at the start of the application. Default: the name of the class. */
  get place(): string {
    return this.constructor.name;
  }

  /** What it proves, for the operator: said with its place. `undefined` where the log says nothing about it. */
  get assurance(): string | undefined {
    return undefined;
  }

  /** The keyed digest of the arguments of a call, where this log has a key for it. */
  digestOf(_args: unknown): string | null {
    return null;
  }

  /** Called once at shutdown, after the last `append`. */
  async close(): Promise<void> {}
}
