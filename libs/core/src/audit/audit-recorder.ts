import { EieError } from '../errors.js';
import { type Diagnostics } from '../ports/diagnostics.js';
import { type AuditDetail, type AuditEvent, auditEvent } from './audit-event.js';
import { type AuditLog } from './audit-log.js';

/** How this library writes to the {@link AuditLog}. Whoever decides, records. */
export class AuditRecorder {
  constructor(
    private readonly log: AuditLog,
    private readonly clock: () => number,
    private readonly diagnostics: Diagnostics,
  ) {}

  /**
   * Keeps the record before the act it announces, or before the refusal is answered.
   *
   * @throws EieError `audit_unavailable` when the log refuses it
   */
  async record(detail: AuditDetail): Promise<void> {
    await this.#append(auditEvent(detail, new Date(this.clock())));
  }

  /** Keeps the record of an act that has happened: nothing can be called back, so a lost one is reported and not thrown. */
  async recordOutcome(detail: AuditDetail): Promise<void> {
    await this.record(detail).catch(() => undefined);
  }

  /** @throws EieError `audit_unavailable`; the revocation counts all the same */
  async recordRevocation({
    issuer,
    sub,
    tenant,
    client_id,
  }: {
    issuer: string;
    sub?: string;
    tenant?: string;
    client_id?: string;
  }): Promise<void> {
    const revoked = {
      actor_issuer: issuer,
      actor_sub: sub ?? null,
      tenant: tenant ?? null,
      client_id: client_id ?? null,
    };
    await this.#append({
      ...auditEvent({ type: 'identity.revoked', outcome: 'ok', subject: null }, new Date(this.clock())),
      ...revoked,
    });
  }

  close(): Promise<void> {
    return this.log.close();
  }

  async #append(event: AuditEvent): Promise<void> {
    try {
      await this.log.append(event);
    } catch (error) {
      const cause = (error as NodeJS.ErrnoException | undefined)?.code ?? 'no error code';
      this.diagnostics.report({
        level: 'error',
        message: `The audit log refused a record of type ${event.type} (${cause}): calls do not run until it can be written.`,
      });
      throw new EieError('audit_unavailable');
    }
  }
}
