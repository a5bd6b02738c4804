import { withinDeadline } from '../ports/deadline.js';
import { type Diagnostics, errorName } from '../ports/diagnostics.js';
import { failuresOf } from '../ports/recent-failures.js';
import { type PolicyQuestion } from './policy-question.js';

/**
 * Decides outside this library (OPA, Cedar, a service of the organisation), after the requirements of the handler have been
 * checked and hold. It can only deny: it never allows what they refuse.
 *
 * @example class OfficeHours implements PolicyEngine { allows = async ({ action }: PolicyQuestion) => action.name !== 'refund' || isOpen(); }
 */
export interface PolicyEngine {
  /** Milliseconds in which it must answer. Default 1,000. */
  readonly deadline?: number;

  /**
   * @param signal aborts at the deadline
   * @returns whether the call may run; a rejection, and anything but `true`, denies it
   */
  allows(question: PolicyQuestion, signal: AbortSignal): Promise<boolean>;

  /**
   * The same for the handlers of a list, at once. Default: {@link allows} for each of them.
   *
   * @returns one answer for each question, in their order; a rejection, and a list of another length, denies all
   */
  allowsEach?(questions: readonly PolicyQuestion[], signal: AbortSignal): Promise<readonly boolean[]>;
}

/** An engine, about which server it is asked, and where its failures are reported. */
export interface PolicyEngineCheck {
  readonly engine: PolicyEngine;
  /** The resource identifier of the server (RFC 8707): the `resource` of each question. */
  readonly resource: string;
  readonly diagnostics?: Diagnostics;
}

const DEADLINE = 1_000;

/** Whether the engine allows a call. An engine that throws, rejects or is late denies it, and the failure is reported. */
export async function engineAllows(check: PolicyEngineCheck, question: PolicyQuestion): Promise<boolean> {
  const answer = await answerOf(check, `"${question.action.name}" is`, signal => check.engine.allows(question, signal));
  return answer === true;
}

/** The same for each of a list, by one question where the engine can take it. */
export async function engineAllowsEach(
  check: PolicyEngineCheck,
  questions: readonly PolicyQuestion[],
): Promise<readonly boolean[]> {
  const { engine } = check;
  if (!engine.allowsEach || questions.length < 2)
    return Promise.all(questions.map(question => engineAllows(check, question)));
  const denied = `${questions.length} handlers of a list are`;
  const answer = await answerOf(check, denied, async signal => {
    const answers: unknown = await engine.allowsEach!(questions, signal);
    if (Array.isArray(answers) && answers.length === questions.length) return answers as readonly unknown[];
    throw new TypeError('There is not one answer for each question.');
  });
  return questions.map((_question, i) => answer?.[i] === true);
}

/** @returns `undefined` where there is none in time */
async function answerOf<Answer>(
  { engine, diagnostics }: PolicyEngineCheck,
  denied: string,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer | undefined> {
  const { deadline = DEADLINE } = engine;
  try {
    const answer = await withinDeadline(deadline, ask);
    failuresOf(engine).succeeded();
    return answer;
  } catch (error) {
    failuresOf(engine).failed();
    diagnostics?.report({
      level: 'error',
      message: `The policy engine did not decide within ${deadline} ms (${errorName(error)}), so ${denied} denied.`,
    });
    return undefined;
  }
}
