/** A project is not as `init` expects it, so that `init` writes nothing. The message says what was not, and what would make it so. */
export class ByHandError extends Error {
  override readonly name = 'ByHandError';
}
