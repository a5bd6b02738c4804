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
   * @returns whether the call may run. A rejection, and what is no boolean, is no decision: the call does not run
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

/** What the engine decides about a call. @returns `undefined` where it throws, rejects, is late or answers no boolean; that is reported */
export function engineDecision(check: PolicyEngineCheck, question: PolicyQuestion): Promise<boolean | undefined> {
  return answerOf(check, `"${question.action.name}" is`, async signal => {
    const answer: unknown = await check.engine.allows(question, signal);
    if (typeof answer === 'boolean') return answer;
    throw new TypeError('There is no decision.');
  });
}

/** Which of a list the engine allows, by one question where it can take it. */
export async function engineAllowsEach(
  check: PolicyEngineCheck,
  questions: readonly PolicyQuestion[],
): Promise<readonly boolean[]> {
  const { engine } = check;
  if (!engine.allowsEach || questions.length < 2)
    return Promise.all(questions.map(async question => (await engineDecision(check, question)) === true));
  const refused = `${questions.length} handlers of a list are`;
  const answer = await answerOf(check, refused, async signal => {
    const answers: unknown = await engine.allowsEach!(questions, signal);
    if (Array.isArray(answers) && answers.length === questions.length) return answers as readonly unknown[];
    throw new TypeError('There is not one answer for each question.');
  });
  return questions.map((_question, i) => answer?.[i] === true);
}

/** @returns `undefined` where there is none in time */
async function answerOf<Answer>(
  { engine, diagnostics }: PolicyEngineCheck,
  refused: string,
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
      message: `The policy engine did not decide within ${deadline} ms (${errorName(error)}), so ${refused} refused.`,
    });
    return undefined;
  }
}
