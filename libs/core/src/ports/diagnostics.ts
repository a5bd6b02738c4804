/** One line for the operator of the process. It never holds a token, a claim set or a payload. */
export interface Diagnostic {
  /** `error`: the operator has to act. `warn`: a caller or another server is at fault. */
  readonly level: 'error' | 'warn';
  readonly message: string;
}

/**
 * Where this library tells the operator what went wrong and how to fix it. It is not the audit log: nothing waits for it, and a
 * lost line changes no decision.
 */
export interface Diagnostics {
  report(diagnostic: Diagnostic): void;
}
