/** Milliseconds: longer than any test may take, so that what never comes ends the wait after its test has failed. */
const LONGEST = 300_000;

/** Waits until the condition holds. The limit of the test ends what never comes. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + LONGEST; !(await condition()); await new Promise(setImmediate))
    if (performance.now() > end) throw new Error('What the test waits for has not come within five minutes.');
}
