import { EieError, type Finding } from 'execution-identity';
import { askedLogin, type NamedUser } from './asked-login.js';
import { type SearchedAnswer } from './searched-answer.js';

/** Who has answered. */
interface Answering {
  /** Its name, for the operator. */
  readonly target: string;
  readonly named: NamedUser;
}

/**
 * The value in a 2xx answer, `undefined` where its body is empty. Of any other answer nothing is read but what its challenge asks of the next
 * login: neither the error nor a log may hold what the target wrote there.
 *
 * @param signal the caller's own
 * @throws EieError `target_failed` for another status, and for a body that is not JSON; `delegation_step_up` where it asks for another login of the
 * user; `target_unavailable` when the body breaks off; `target_response_refused` when it holds a credential; what the caller's own signal says when
 * that aborts
 */
export async function jsonOf(
  answer: SearchedAnswer,
  signal: AbortSignal | undefined,
  { target, named }: Answering,
): Promise<unknown> {
  const { status } = answer;
  const failure = (more: Finding = {}): EieError =>
    new EieError('target_failed', { targetStatus: status, finding: { target, status, ...more } });
  if (status < 200 || status > 299) {
    await answer.cancel();
    const login = askedLogin(answer, named);
    if (!login) throw failure();
    const finding = { target, status, said: login.error };
    throw new EieError('delegation_step_up', {
      targetStatus: status,
      detailCode: login.error,
      stepUp: login.stepUp,
      finding,
    });
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
