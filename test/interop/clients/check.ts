import { isDeepStrictEqual } from 'node:util';

/** Fails with what was expected, in the words of the reader of a report. */
export function check(what: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected))
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

/** @returns the error of what must fail */
export const failureOf = async (what: string, attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => {
      throw new Error(`${what}: it succeeded`);
    },
    (error: unknown) => error,
  );
