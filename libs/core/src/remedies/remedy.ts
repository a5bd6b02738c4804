import { type EieErrorCode } from '../reasons.js';

/** What to do about a refusal. */
export interface Remedy {
  /**
   * `error`: the operator has to change something. `warn`: the caller has, or it is not known, because nothing of the credential was verified: nobody
   * from outside can write errors into the log at will.
   */
  readonly level: 'error' | 'warn';
  /** One or two sentences in the imperative. They name options as they are written. */
  readonly fix: string;
}

export const error = (fix: string): Remedy => ({ level: 'error', fix });
export const warn = (fix: string): Remedy => ({ level: 'warn', fix });

export type Remedies = Readonly<Record<EieErrorCode, Remedy>>;
