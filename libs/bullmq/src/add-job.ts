import { randomUUID } from 'node:crypto';
import { type JobsOptions } from 'bullmq';
import { type ExecutionIdentityEnvelope, type JobTerms } from 'nestjs-eie';
import { type StoredJob } from './stored-job.js';

/** A `Queue` of BullMQ, on whichever back end. */
export interface JobQueue<Added = unknown> {
  readonly name: string;
  readonly opts?: { readonly defaultJobOptions?: Pick<JobsOptions, 'attempts' | 'delay'> };
  add(name: string, data: StoredJob, options: JobsOptions): Promise<Added>;
}

/** What BullMQ takes, but for jobs that it makes anew by itself; and how the identity is sealed. */
export interface AddJobOptions extends Omit<JobsOptions, 'repeat' | 'repeatJobKey'>, Pick<JobTerms, 'scopes' | 'ttl'> {}

/** Starts beyond the attempts of BullMQ: it starts a job again whose worker has stopped. */
const RESTARTS = 2;
const MAX_ATTEMPTS = 100;

/**
 * Puts a job into a queue of BullMQ, with the identity that it runs in sealed beside its data. Its id is `options.jobId`, else a random one.
 *
 * It may be started as often as `attempts` of BullMQ says, and twice more for workers that stop in between. It does NOT take `repeat`: a sealed
 * identity is for one job. It does NOT encrypt: who can read the queue reads the data, and whose job it is.
 *
 * @param options whose `ttl` (seconds) counts from now, so `delay` (milliseconds) must be shorter
 * @returns what `queue.add()` returns
 * @throws TypeError for `repeat`, and for a delay that is no shorter than `ttl`
 * @throws EieError as `identity.forJob()` does
 * @example await addJob(this.queue, identity, 'send', { report }, { scopes: ['reports:send'], attempts: 3 });
 */
export async function addJob<Added>(
  queue: JobQueue<Added>,
  identity: ExecutionIdentityEnvelope,
  name: string,
  data: unknown,
  { scopes, ttl = 3_600, ...options }: AddJobOptions,
): Promise<Added> {
  const { attempts = 1, delay = 0 } = { ...queue.opts?.defaultJobOptions, ...options };
  if ('repeat' in options || 'repeatJobKey' in options)
    throw new TypeError('A sealed identity is for one job: add each job by addJob(), without "repeat".');
  if (delay >= ttl * 1000)
    throw new TypeError(
      'The identity of the job would expire before the job starts: give a longer "ttl", or a shorter "delay".',
    );
  const id = options.jobId ?? randomUUID();
  const terms = { queue: queue.name, scopes, ttl, attempts: Math.min(attempts + RESTARTS, MAX_ATTEMPTS) };
  const eie = await identity.forJob(terms, { id, name, data });
  return queue.add(name, { eie, data }, { ...options, jobId: id });
}
