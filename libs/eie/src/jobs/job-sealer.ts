import { Inject, Injectable } from '@nestjs/common';
import { type Diagnostics, type JobContent, type JobTerms } from 'execution-identity';
import { assertEnvelope, isAgentClaimed, revocableIdentity, secondsOf } from 'execution-identity/internal';
import { type JobSeal, sealJob } from 'execution-identity/internal/seal';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { EIE_DIAGNOSTICS } from '../configuration/ports.js';
import { type ServerOptions, ServerProfile } from '../configuration/server-profile.js';
import { trustDomainOf } from '../configuration/signing.js';
import { type EieOptions } from '../options/eie.options.js';
import { assertNotEnded } from '../record/ended-call.js';
import { type ExecutionRecord } from '../record/execution-record.js';
import { IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { traceparentOf } from '../telemetry/spans.js';
import { queueIdentifier } from './queue-identifier.js';

/** Seals the identities of running executions for jobs: what `identity.forJob()` does. */
@Injectable()
export class JobSealer {
  /** `#private`, because any code can inject this, and these parts sign. */
  readonly #seal: Omit<JobSeal, 'since'>;
  /** Seconds since the epoch. */
  readonly #now: () => number;

  constructor(
    @Inject(EieConfiguration) configuration: EieConfiguration<ServerOptions & Pick<EieOptions, 'signing'>>,
    @Inject(ServerProfile) profile: ServerProfile,
    @Inject(IdentityRevocation) private readonly revocation: IdentityRevocation,
    @Inject(EIE_DIAGNOSTICS) diagnostics: Diagnostics,
  ) {
    const options = optionsOf(configuration);
    const { resource, keys } = options;
    const hierarchy = profile.scopeHierarchy;
    this.#seal = { keys, trustDomain: trustDomainOf(options), issuer: resource, hierarchy, diagnostics };
    this.#now = secondsOf(options.ports?.clock ?? Date.now);
  }

  /**
   * @param record of the execution whose identity is sealed. A job that starts a job cannot give it a longer life than its own
   * @throws EieError as `ExecutionIdentityEnvelope.forJob` says
   */
  async seal(record: ExecutionRecord, terms: JobTerms, job: JobContent): Promise<string> {
    const { execution, request, span } = record;
    const identity = assertEnvelope(record.envelope);
    const queue = queueIdentifier(this.#seal.issuer, terms.queue);
    const now = Math.floor(this.#now());
    assertNotEnded(record);
    await this.revocation.assertNotRevoked(revocableIdentity(identity));
    const since = request?.admitted.issuedAt ?? identity.meta.created_at;
    const notAfter = execution.startedBy === undefined ? Infinity : identity.meta.expires_at;
    const isClaimed = request !== undefined && isAgentClaimed(request.admitted);
    const traceparent = traceparentOf(execution.trace, span);
    const seal = { ...this.#seal, since, notAfter, isAgentClaimed: isClaimed, ...(traceparent && { traceparent }) };
    return sealJob(identity, { ...terms, queue }, job, seal, now);
  }
}
