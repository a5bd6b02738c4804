import { Logger } from '@nestjs/common';
import { EieError } from '../eie.error.js';
import { type AuditDetail, auditEvent } from './audit-event.js';
import { type AuditLog } from './audit-log.js';

/** How this library writes to the {@link AuditLog}. Whoever decides, records. */
export class AuditTrail {
  readonly #logger = new Logger('EieAudit');

  constructor(private readonly log: AuditLog, private readonly clock: () => number) {}

  /**
   * Keeps the record before the act it announces, or before the refusal is answered.
   *
   * @throws EieError `audit_unavailable` when the log refuses it
   */
  async record(detail: AuditDetail): Promise<void> {
    try {
      await this.log.append(auditEvent(detail, new Date(this.clock())));
    } catch (error) {
      const cause = (error as NodeJS.ErrnoException | undefined)?.code ?? 'no error code';
      this.#logger.error(`The audit log refused a record of type ${detail.type} (${cause}): calls do not run until it can be written.`);
      throw new EieError('audit_unavailable');
    }
  }

  /** Keeps the record of an act that has happened: nothing can be called back, so a lost one is reported and not thrown. */
  async recordOutcome(detail: AuditDetail): Promise<void> {
    await this.record(detail).catch(() => undefined);
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
