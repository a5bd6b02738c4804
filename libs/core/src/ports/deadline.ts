/** Milliseconds within which a store must answer. Calls wait for it, so a slower store counts as unavailable. */
export const STORE_DEADLINE = 2_000;

/** Milliseconds within which a store must answer that calls can do without. A slower one is not waited for. */
export const OPTIONAL_STORE_DEADLINE = 250;

/**
 * The result of `ask`, if it comes before the deadline.
 *
 * @param milliseconds until it rejects, whether or not `ask` honours the signal
 * @throws what `ask` throws; a `TimeoutError` after the deadline
 */
export async function withinDeadline<T>(
  milliseconds: number,
  ask: (signal: AbortSignal) => T | PromiseLike<T>,
): Promise<T> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      late.abort(new DOMException(`There was no answer within ${milliseconds} ms.`, 'TimeoutError'));
      reject(late.signal.reason as Error);
    }, milliseconds);
  });
  try {
    return await Promise.race([ask(late.signal), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
