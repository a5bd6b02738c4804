import { type Finding } from './finding.js';
import { type EieErrorCode, textOf } from './reasons.js';

/** What the next authentication of the user must achieve, as the authorization server requested it. */
export interface StepUp {
  /** RFC 9470 §3: space-delimited. */
  readonly acrValues?: string;
  /** Seconds: RFC 9470 §3. */
  readonly maxAge?: number;
  /** The `claims` request parameter (OpenID Connect Core §5.5), a JSON object. */
  readonly claims?: string;
}

/** What an {@link EieError} says besides its code. Nothing in it is secret. */
export interface EieErrorDetails {
  /** For the operator alone, on the log of the application. */
  readonly finding?: Finding;
  /** @see EieError.approvalId */
  readonly approvalId?: string;
  /** @see EieError.detailCode */
  readonly detailCode?: string | undefined;
  /** @see EieError.scopes */
  readonly scopes?: readonly string[];
  /** @see EieError.stepUp */
  readonly stepUp?: StepUp;
  /** @see EieError.retryAfter */
  readonly retryAfter?: number | undefined;
  /** @see EieError.targetStatus */
  readonly targetStatus?: number;
}

let findingIn: (error: EieError) => Finding;
let addFinding: (error: EieError, more: Finding) => void;

/**
 * A refusal or failure of this library: a code and a fixed text.
 *
 * It never carries a token, a claim or a payload, neither in its message nor in a property, so it may be logged as it is.
 */
export class EieError extends Error {
  override readonly name = 'EieError';
  /** For `insufficient_scope` and `delegation_scope_empty`: every scope of the operation, not only the missing ones. */
  readonly scopes: readonly string[];
  /** Seconds after which it may be tried again, at most 60, where an authorization server asked to wait. */
  readonly retryAfter: number | undefined;
  /** For `delegation_step_up`: what the client must request from its authorization server. */
  readonly stepUp: StepUp;
  /** For `target_failed`: the HTTP status of the target's answer, which may be a 2xx. For code, not for clients: none is told. */
  readonly targetStatus: number | undefined;
  /**
   * For a refusal by an authorization server: its own code for the cause, such as `AADSTS65001`, if the dialect of the issuer knows it; any other is
   * `other`.
   */
  readonly detailCode: string | undefined;
  /** For the refusals of a call that needs an approval: the id of that approval. It is random, and alone it allows nothing. */
  readonly approvalId: string | undefined;
  #finding: Finding;

  static {
    findingIn = error => error.#finding;
    addFinding = (error, more) => void (error.#finding = { ...more, ...error.#finding });
  }

  constructor(
    readonly code: EieErrorCode,
    { finding = {}, approvalId, detailCode, retryAfter, scopes = [], stepUp = {}, targetStatus }: EieErrorDetails = {},
  ) {
    super(textOf(code));
    this.#finding = finding;
    this.approvalId = approvalId;
    this.detailCode = detailCode;
    this.retryAfter = retryAfter;
    this.scopes = scopes;
    this.stepUp = stepUp;
    this.targetStatus = targetStatus;
  }
}

/** What the operator is told about a refusal. For diagnostics alone. */
export const findingOf = (error: EieError): Finding => findingIn(error);

/** The same error, with what is known where it passes. What was found closer to the cause counts. Any other error is passed on as it is. */
export function explained(error: unknown, more: Finding): unknown {
  if (error instanceof EieError) addFinding(error, more);
  return error;
}

const MAX_CAUSES = 5;

/**
 * The EieError that an error is, or that caused it: clients of other libraries wrap what their `fetch` throws. `undefined` for what cannot be
 * looked at, such as a proxy, or an error whose `cause` throws.
 */
export function eieErrorIn(error: unknown): EieError | undefined {
  try {
    let next = error;
    for (let depth = 0; depth <= MAX_CAUSES && next instanceof Error; depth++, next = next.cause)
      if (next instanceof EieError) return next;
  } catch {
    // Code of the application has thrown it: it is none of ours.
  }
  return undefined;
}

/** `instanceof` for what code of the application has thrown: a proxy may throw where it is asked. */
export function isInstance<Type>(value: unknown, type: abstract new (...given: never[]) => Type): value is Type {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** Thrown at boot, and only there: a wrong set-up. The message names the option or handler, and the fix. */
export class EieConfigurationError extends Error {
  override readonly name = 'EieConfigurationError';
}
