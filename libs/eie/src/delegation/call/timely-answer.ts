import { EieError } from 'execution-identity';
import { errorName } from 'execution-identity/internal';

/**
 * The answer to one request. The timeout ends when the answer begins: a stream may last as long as its execution.
 *
 * @param signal that ends the request, and the answer as long as it comes
 * @param timeout milliseconds
 * @throws EieError `target_unavailable` when there is no answer in time; what the signal says when that aborts
 */
export async function timelyAnswer(
  request: Request,
  signal: AbortSignal,
  timeout: number,
  fetcher: typeof fetch,
): Promise<Response> {
  // A signal of `AbortSignal.any()` costs four times as much.
  const ended = new AbortController();
  signal.addEventListener('abort', () => ended.abort(signal.reason), { once: true });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    ended.abort();
  }, timeout);
  try {
    return await fetcher(request, { signal: ended.signal });
  } catch (error) {
    signal.throwIfAborted();
    const status = isLate ? `no answer within ${timeout} ms` : errorName(error);
    throw new EieError('target_unavailable', { finding: { url: new URL(request.url).origin, status } });
  } finally {
    clearTimeout(timer);
  }
}
