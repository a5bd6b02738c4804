import { error, type Remedies } from './remedy.js';

/** Reasons for which an identity is not sealed for a job, or a sealed job does not run. */
export const JOBS = {
  job_unsealed: error(
    'Give EieModule.forRoot() "signing", and seal in a handler behind it: a receiver and a process on stdio cannot seal. What is sealed has 8,192 characters at most.',
  ),
  job_invalid: error(
    'Give workers the resource, signing and trustDomain of the server, and hand on id, name and data as they were sealed. If both are so, somebody has written into the queue.',
  ),
  job_expired: error('Raise "ttl" in forJob(), at most a day, or see why the queue is so long.'),
  job_replayed: error(
    'Raise "attempts" in forJob() where a retry was refused. Otherwise see who put a job into the queue twice.',
  ),
  job_unavailable: error(
    'See whether the store at "ports.replay" runs and can be reached, or whether the application closes. The queue may try the job again.',
  ),
} as const satisfies Partial<Remedies>;
