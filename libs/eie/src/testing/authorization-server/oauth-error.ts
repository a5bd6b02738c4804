/** An error that a client is told: RFC 6749 §5.2. Its description never holds a token, a code or a secret. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';

  constructor(
    /** `error`. */
    readonly code: string,
    /** `error_description`. */
    readonly description: string,
    readonly status = 400,
  ) {
    super(`${code}: ${description}`);
  }
}
