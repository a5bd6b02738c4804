import { EieError } from 'execution-identity';

/** The jobs that run in this process: none before the application has started, and none begins once it closes. */
export class RunningJobs {
  readonly #running = new Set<Promise<unknown>>();
  #start = (): void => undefined;
  readonly #hasStarted = new Promise<void>(resolve => (this.#start = resolve));
  #isClosing = false;

  start(): void {
    this.#start();
  }

  /** @throws EieError `job_unavailable` once the application closes; whatever the job throws */
  async run<Result>(job: () => Promise<Result>): Promise<Result> {
    await this.#hasStarted;
    if (this.#isClosing) throw new EieError('job_unavailable');
    const running = job();
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  /**
   * Begins no further job, and waits for those that run.
   *
   * @param deadline milliseconds, after which nobody waits any more
   */
  async close(deadline: number): Promise<void> {
    this.#isClosing = true;
    let late: NodeJS.Timeout | undefined;
    const overdue = new Promise<void>(resolve => (late = setTimeout(resolve, deadline)));
    await Promise.race([Promise.allSettled(this.#running), overdue]);
    clearTimeout(late);
  }
}
