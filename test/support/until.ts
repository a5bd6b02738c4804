import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until the condition holds. It sets no limit of its own: the limit of the test ends what never comes. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}
