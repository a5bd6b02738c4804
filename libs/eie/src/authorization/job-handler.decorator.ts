import { type Type } from '@nestjs/common';
import { addMetadata, metadataOf } from './handler-metadata.js';

/** Which jobs a method does. */
export interface JobHandlerOptions {
  /** The name of the queue. */
  readonly queue: string;
  /** The name of the jobs. */
  readonly name: string;
}

const JOB_HANDLER = 'eie:job-handler';

/**
 * Makes a method of a provider do the jobs of one name from one queue, each in the identity that was sealed for it. It gets that identity and the job.
 * Its policy stands beside it, as that of any handler, and is decided when the job runs.
 *
 * It does NOT read a queue: what reads it hands each job to `JobIdentities.run()`, such as the worker of `nestjs-eie-bullmq`. Guards, interceptors
 * and pipes of the application do NOT run.
 *
 * @example
 * \@JobHandler({ queue: 'invoices', name: 'send' })
 * \@RequireScopes('invoices:send')
 * send(identity: ExecutionIdentityEnvelope, { data }: RunningJob<{ invoice: string }>) {}
 */
export function JobHandler(options: JobHandlerOptions): MethodDecorator {
  return (target, method) => addMetadata(JOB_HANDLER, { target, method }, Object.freeze({ ...options }));
}

/** The jobs that a method does. */
export const jobsOf = (type: Type, method: string): readonly JobHandlerOptions[] =>
  metadataOf<JobHandlerOptions>(JOB_HANDLER, type, method);
