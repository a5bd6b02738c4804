import { EieError } from 'execution-identity';

/** A Passport strategy, as far as it is run here. */
interface RunnableStrategy {
  authenticate(input: object): void;
}

/**
 * Runs one Passport strategy, as Passport runs it, on its input alone. The request does not pass through: Passport would leave its result on it, and
 * prepare it for sessions that there are not.
 *
 * @param input that the strategy gets in place of a request
 * @returns what the strategy succeeded with
 * @throws EieError of the strategy; `fallback` for any other failure
 */
export function runStrategy<Result>(
  strategy: RunnableStrategy,
  input: object,
  fallback: () => EieError,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const fail = (cause?: unknown): void => reject(cause instanceof EieError ? cause : fallback());
    const run = Object.create(strategy) as RunnableStrategy;
    Object.assign(run, { success: resolve, fail, error: fail, pass: fail, redirect: fail }).authenticate(input);
  });
}
