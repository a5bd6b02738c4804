/** What was looked at, what is so, and, where that is wrong, what to do. */
export interface Finding {
  /** `issuer.keys` and the like. */
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'error';
  readonly message: string;
  readonly fix?: string;
}
