import { type AdmittedIdentity } from '../identity/admitted-identity.js';
import { type EnvelopeParts } from '../identity/execution-identity-envelope.js';
import { withinDeadline } from '../ports/deadline.js';
import { type Diagnostics, errorName } from '../ports/diagnostics.js';
import { type Requirement } from './requirement.js';

/** What a policy engine is asked about one call. It holds no token and no input of the call. */
export interface PolicyQuestion {
  readonly identity: Pick<AdmittedIdentity | EnvelopeParts, 'actor' | 'agent' | 'authorization'>;
  /** The tool or handler, as the audit log names it. */
  readonly operation: string;
  /** What the handler requires, all of which holds. */
  readonly requirements: readonly Requirement[];
}

/**
 * Decides outside this library (OPA, Cedar, a service of the organisation), after the requirements of the handler have been
 * checked and hold. It can only deny: it never allows what they refuse.
 */
export interface PolicyEngine {
  /**
   * @param signal aborts at the deadline
   * @returns whether the call may run; a rejection, and anything but `true`, denies it
   */
  allows(question: PolicyQuestion, signal: AbortSignal): Promise<boolean>;
}

/** An engine, its deadline, and where its failures are reported. */
export interface PolicyEngineCheck {
  readonly engine: PolicyEngine;
  /** Milliseconds. Default 1,000. */
  readonly deadline?: number;
  readonly diagnostics?: Diagnostics;
}

const DEADLINE = 1_000;

/** Whether the engine allows a call. An engine that throws, rejects or is late denies it, and the failure is reported. */
export async function engineAllows(
  { engine, deadline = DEADLINE, diagnostics }: PolicyEngineCheck,
  question: PolicyQuestion,
): Promise<boolean> {
  try {
    return (await withinDeadline(deadline, signal => engine.allows(question, signal))) === true;
  } catch (error) {
    diagnostics?.report({
      level: 'error',
      message: `The policy engine did not decide within ${deadline} ms (${errorName(error)}), so "${question.operation}" is denied.`,
    });
    return false;
  }
}
