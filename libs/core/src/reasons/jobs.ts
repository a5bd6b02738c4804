import { type Reason } from './reason.js';

/** Why an identity is not sealed for a job, or a sealed job does not run. A worker has no client that it answers. */
export const JOB_REASONS = {
  job_unsealed: [
    500,
    undefined,
    'This identity cannot be sealed for a job here: the server needs "signing", and an identity that it has admitted by a token itself.',
  ],
  job_invalid: [
    403,
    undefined,
    'The sealed job cannot be trusted: it was sealed elsewhere, or for another queue, id, name or data.',
  ],
  job_expired: [403, undefined, 'The sealed job has expired.'],
  job_replayed: [
    403,
    undefined,
    'This attempt of the sealed job was started before, or is one too many, or it cannot be known whether it was.',
  ],
  job_unavailable: [
    503,
    undefined,
    'The job is not started, since the replay store does not answer or the worker stops: try it again later.',
  ],
} as const satisfies Record<string, Reason>;
