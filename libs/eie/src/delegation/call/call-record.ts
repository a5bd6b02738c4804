import { type DelegationMode, EieError, type ExecutionIdentityEnvelope } from 'execution-identity';
import { type AuditDetail, type AuditRecorder } from 'execution-identity/internal';
import { type CallEnding } from './call-ending.js';
import { type DownstreamCall } from './downstream-call.js';

/** What all records of one call have in common. */
export interface RecordedCall extends Pick<AuditDetail, 'requested'> {
  readonly subject: ExecutionIdentityEnvelope;
  readonly mode: DelegationMode;
  readonly handler: string;
  readonly target: string;
}

/** One call of a target on the audit log: its intent, and then how it has ended. */
export class CallRecord {
  readonly #startedAt = performance.now();
  #intentId = '';

  constructor(
    private readonly audit: AuditRecorder,
    private readonly about: RecordedCall,
  ) {}

  /** Before anything is asked of anybody. @throws EieError `audit_unavailable` */
  async begin(): Promise<void> {
    const { id } = await this.audit.record({ ...this.about, type: 'delegation.intent', outcome: 'started' });
    this.#intentId = id;
  }

  async end(ending: CallEnding, { effective }: Pick<DownstreamCall, 'effective'>): Promise<void> {
    await this.audit.recordOutcome({
      ...this.about,
      ...ending,
      ...(this.about.requested && effective && { effective }),
      type: 'delegation.outcome',
      intentId: this.#intentId,
      durationMs: performance.now() - this.#startedAt,
    });
  }

  /** The body of an answer holds a credential, and is withheld from there on. */
  noteEcho(): void {
    const reason = new EieError('target_response_refused');
    void this.audit.recordOutcome({ ...this.about, type: 'delegation.refused', outcome: 'refused', reason });
  }
}
