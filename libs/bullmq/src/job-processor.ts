import { UnrecoverableError } from 'bullmq';
import { wireOf } from 'execution-identity';
import { EieError, type JobIdentities } from 'nestjs-eie';
import { storedIn } from './stored-job.js';

/** What of a `Job` of BullMQ is looked at. */
export interface ProcessedJob {
  readonly id?: string | undefined;
  readonly queueName: string;
  readonly name: string;
  readonly data: unknown;
  readonly attemptsStarted: number;
}

/**
 * The processor of a `Worker` of BullMQ, on whichever back end: it hands each job to `JobIdentities`, which opens its identity, decides anew, and runs the
 * method with `@JobHandler()`. What the method returns is stored by BullMQ as the result of the job. Where JSON cannot write that, the job fails for good: it has
 * run, and another attempt would do it again.
 *
 * A refusal that another attempt cannot change fails the job for good; what may pass, such as a store that is away, is left to the attempts of the job. It
 * does NOT run a job that was not added by `addJob()`: that is `job_invalid`.
 *
 * @example new Worker('reports', jobProcessor(app.get(JobIdentities)), { connection });
 */
export const jobProcessor =
  (jobs: Pick<JobIdentities, 'run'>) =>
  async ({ id = '', queueName, name, data, attemptsStarted }: ProcessedJob): Promise<unknown> => {
    const stored = storedIn(data);
    try {
      const result = await jobs.run(stored.eie, {
        queue: queueName,
        id,
        name,
        data: stored.data,
        attempt: attemptsStarted,
      });
      assertStorable(result);
      return result;
    } catch (error) {
      throw error instanceof EieError && isFinal(error)
        ? new UnrecoverableError(`${error.code}: ${error.message}`)
        : error;
    }
  };

function assertStorable(result: unknown): void {
  try {
    JSON.stringify(result);
  } catch {
    throw new UnrecoverableError('The job has run. JSON cannot write its result, so that is not kept.');
  }
}

/** Whether it would be refused again. A worker of another version may know a handler that this one does not. */
function isFinal({ code }: EieError): boolean {
  const { status } = wireOf(code);
  return status < 500 && status !== 429 && code !== 'handler_unknown';
}
