/**
 * Waits no longer than the caller does. What is waited for goes on: others may wait for it too.
 *
 * @throws what the signal says when it aborts
 */
export async function untilAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  signal.throwIfAborted();
  let giveUp = (): void => {};
  const gaveUp = new Promise<never>((_resolve, reject) => (giveUp = () => reject(signal.reason as Error)));
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([work(), gaveUp]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
