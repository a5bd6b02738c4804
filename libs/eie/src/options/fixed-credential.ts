import { EieConfigurationError } from 'execution-identity';

/** What a target is sent that knows no OAuth, and what must never come back. */
export interface FixedParts {
  readonly header: string;
  readonly value: string;
  /** Searched for in each answer. */
  readonly secrets: readonly string[];
}

/** Characters. A shorter secret would be found in answers by chance. */
const MIN_SECRET = 8;

let partsOf: (credential: FixedCredential) => FixedParts;

/** A secret in a header, as `apiKey()` and `basic()` make it. Nothing can be read from it, and it has no method. */
export class FixedCredential {
  readonly #parts: FixedParts;

  /**
   * @internal
   * @param where the call that was given the secret, for the message
   * @throws EieConfigurationError
   */
  constructor(parts: FixedParts, where: string) {
    const weak = parts.secrets.some(secret => secret.length < MIN_SECRET);
    if (weak)
      throw new EieConfigurationError(
        `${where}: the secret must have at least ${MIN_SECRET} characters, or it could not be told from other text in an answer.`,
      );
    this.#parts = parts;
    Object.freeze(this);
  }

  static {
    partsOf = credential => credential.#parts;
  }
}

/** For the request of a target alone. */
export const fixedParts: typeof partsOf = credential => partsOf(credential);
