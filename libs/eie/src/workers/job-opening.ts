import {
  type AdmittedIdentity,
  type Diagnostics,
  EieError,
  type KeySource,
  type ReplayStore,
  staticKeys,
} from 'execution-identity';
import { type OpenedJob, openJob, secondsOf, useAttempt } from 'execution-identity/internal';
import { JobAdmission } from '../boundary/job-admission.js';
import { type ServerOptions } from '../configuration/server-profile.js';
import { trustDomainOf } from '../configuration/signing.js';
import { type Resources } from '../http/resources.js';
import { queueIdentifier } from '../jobs/queue-identifier.js';
import { type EieOptions } from '../options/eie.options.js';
import { type IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { type QueuedJob } from './running-job.js';
import { type Execution } from '../record/execution.js';
import { spanId } from '../telemetry/trace.js';
import { type KnownJob } from './job-handlers.js';

interface Parts {
  readonly resources: Resources;
  readonly revocation: IdentityRevocation;
  readonly replays: ReplayStore;
  readonly diagnostics: Diagnostics;
}

/** A job whose identity has been admitted. */
export interface AdmittedJob {
  readonly opened: OpenedJob;
  readonly admitted: AdmittedIdentity;
  readonly known: KnownJob;
  readonly execution: Execution;
}

/** Of a server that seals nothing: it opens no job. */
const NO_KEYS: KeySource = { find: () => Promise.reject(new EieError('key_unknown')), holds: () => false };

/** What a worker checks before it decides about a job: that the server has sealed it, whose it is now, and that this attempt is the first one. */
export class JobOpening {
  readonly #trust: Parameters<typeof openJob>[2];
  readonly #admission: JobAdmission;
  /** Seconds since the epoch. */
  readonly now: () => number;

  constructor(
    options: ServerOptions & Pick<EieOptions, 'signing'>,
    private readonly parts: Parts,
  ) {
    const { resource, keys, ports } = options;
    // A key that is only published opens too, so that what it has sealed outlives its rotation.
    this.#trust = {
      keys: keys ? staticKeys({ keys: [...keys.jwks.keys] }) : NO_KEYS,
      trustDomain: trustDomainOf(options),
      issuer: resource,
    };
    this.#admission = new JobAdmission(options, parts, parts.revocation);
    this.now = secondsOf(ports?.clock ?? Date.now);
  }

  /** @throws EieError `job_invalid`, `job_expired` */
  async open(sealed: unknown, { queue, id, name, data }: QueuedJob): Promise<OpenedJob> {
    return openJob(sealed, { queue: this.#audience(queue), id, name, data }, this.#trust, this.now());
  }

  /** @throws EieError as {@link JobAdmission.admit} says */
  admit(job: OpenedJob): Promise<AdmittedIdentity> {
    return this.#admission.admit(job);
  }

  /** @throws EieError `job_replayed`, `job_unavailable`, `limit_reached` */
  use(job: OpenedJob, attempt: number): Promise<void> {
    return useAttempt(job, attempt, this.parts, this.now());
  }

  #audience(queue: string): string {
    try {
      return queueIdentifier(this.#trust.issuer, queue);
    } catch {
      throw new EieError('job_invalid');
    }
  }
}

/** The span that has sealed a job. One of an earlier version names the trace alone. */
export const parentOf = ({ session: { trace_id: trace }, traceparent = '' }: OpenedJob): string =>
  traceparent.startsWith(`00-${trace}-`) ? traceparent : `00-${trace}-${spanId()}-00`;
