/**
 * Why the audit log takes no records. `busy`: more records wait than it holds. `changed`: its files are not as it has left them.
 * `stopped`: the disk did not confirm a write, so nothing more is believed of it in this process. `locked`: another process writes it.
 * `closed`: the application has ended.
 */
export type AuditLogProblem = 'busy' | 'changed' | 'stopped' | 'locked' | 'closed';

/** The audit log takes no records. Its message says what to do, names files and holds nothing of a record. */
export class AuditLogError extends Error {
  override readonly name = 'AuditLogError';
  readonly code: `audit_log_${AuditLogProblem}`;

  constructor(problem: AuditLogProblem, message: string) {
    super(message);
    this.code = `audit_log_${problem}`;
  }
}
