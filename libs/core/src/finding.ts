/**
 * What the operator is told about one refusal besides its reason. It stays in this process: no answer to a client and no audit record
 * has it, and neither logging nor serializing an error shows it.
 */
export interface Finding {
  /** The issuer whose configuration decided, as it is configured. */
  readonly issuer?: string;
  /** The claim, header member or option that decided, by the name that the operator or the specification gives it. */
  readonly claim?: string;
  /** The name of the target, where it is not known from where the refusal happened. */
  readonly target?: string;
  readonly expected?: string | number | readonly string[];
  /**
   * What was there instead. NOT verified. For `iss`, `aud`, `alg`, `typ` and `kid`, and for `htm` and `htu` of a proof: no other claim is shown
   * to anybody.
   */
  readonly received?: unknown;
  /** The document or endpoint that failed. Its query is left out. */
  readonly url?: string;
  /** The HTTP status of that document or endpoint, or the code of the failure: `ECONNREFUSED`. */
  readonly status?: number | string;
  /** `error` of an authorization server, and its own code for the cause: `invalid_grant`, `AADSTS65001`. */
  readonly said?: string;
  /** What to change, where that is more exact than the remedy of the reason. */
  readonly fix?: string;
}
