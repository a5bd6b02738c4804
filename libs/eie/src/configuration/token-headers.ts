import { EieConfigurationError } from 'execution-identity';
import { IssuerSource } from '../options/issuer-source.js';
import { type IssuerOptions } from '../options/issuer.options.js';

const AUTHORIZATION = 'authorization';

/** In which header the tokens of each issuer arrive: `Authorization` (RFC 6750 §2.1), or the one of `issuers[].tokenHeader`. */
export class TokenHeaders {
  /** The headers beside `Authorization`, in lower case. */
  readonly names: readonly string[];
  /** By issuer. */
  readonly #headers = new Map<string, string>();
  readonly #schemes = new Map<string, string | undefined>();

  /** @throws EieConfigurationError when one header would be read in two ways */
  constructor(issuers: readonly (IssuerOptions | IssuerSource)[]) {
    for (const one of issuers) {
      if (one instanceof IssuerSource || !one.tokenHeader) continue;
      const [name, scheme] = [one.tokenHeader.name.toLowerCase(), one.tokenHeader.scheme?.toLowerCase()];
      if (this.#schemes.has(name) && this.#schemes.get(name) !== scheme)
        throw new EieConfigurationError(
          `issuers[].tokenHeader: two issuers use the header "${name}" with different schemes: give both the same "scheme".`,
        );
      this.#headers.set(one.issuer, name);
      this.#schemes.set(name, scheme);
    }
    this.names = Object.freeze([...this.#schemes.keys()]);
  }

  /** The only header in which tokens of this issuer are read, in lower case. */
  of(issuer: unknown): string {
    return this.#headers.get(issuer as string) ?? AUTHORIZATION;
  }

  /** What stands before the token in this header, in lower case; `undefined` where nothing does. */
  schemeOf(name: string): string | undefined {
    return this.#schemes.get(name);
  }
}
