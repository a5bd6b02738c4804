import { EieError, type Finding } from 'execution-identity';
import { type SearchedAnswer } from './searched-answer.js';

/**
 * The value in a 2xx answer, `undefined` where its body is empty. Of any other answer nothing is read: neither the error nor a log may
 * hold what the target wrote there.
 *
 * @param signal the caller's own
 * @param target its name, for the operator
 * @throws EieError `target_failed` for another status, and for a body that is not JSON; `target_unavailable` when the body breaks off;
 * `target_response_refused` when it holds a credential; what the caller's own signal says when that aborts
 */
export async function jsonOf(
  answer: SearchedAnswer,
  signal: AbortSignal | undefined,
  target: string,
): Promise<unknown> {
  const { status } = answer;
  const failure = (more: Finding = {}): EieError =>
    new EieError('target_failed', { targetStatus: status, finding: { target, status, ...more } });
  if (status < 200 || status > 299) {
    await answer.cancel();
    throw failure();
  }
  const text = await answer.text().catch((error: unknown) => {
    if (error instanceof EieError) throw error;
    signal?.throwIfAborted();
    throw new EieError('target_unavailable');
  });
  if (!text) return undefined;
  try {
    return parsed(text, answer);
  } catch (error) {
    if (error instanceof EieError) throw error;
    // The error of JSON.parse quotes the body.
    throw failure({ fix: NO_JSON });
  }
}

const NO_JSON =
  'The answer is a success whose body is not JSON. If it is a page, correct baseUrl of the target or the path; if it is meant so, call the fetch itself and read the body.';

/** Without a backslash its strings are what was searched already. */
function parsed(text: string, answer: SearchedAnswer): unknown {
  if (!text.includes('\\')) return JSON.parse(text) as unknown;
  return JSON.parse(text, (key, value: unknown) => {
    for (const one of [key, value]) if (typeof one === 'string') answer.assertNone(one);
    return value;
  }) as unknown;
}
