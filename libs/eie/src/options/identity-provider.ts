import { type ExchangeOptions } from './exchange.options.js';

/**
 * What `defineProvider()` of `nestjs-eie/presets` knows of a kind of authorization server, as the member `provider` of the options of an
 * issuer. It is opaque: only `defineProvider()` makes it, and only the library reads it. It survives a spread: `{ ...keycloak({ … }), maxLifetime: 600 }`.
 */
export class IdentityProvider {
  readonly #exchange: Readonly<ExchangeOptions>;

  /** @internal */
  constructor(
    readonly name: string,
    exchange: ExchangeOptions,
  ) {
    this.#exchange = Object.freeze({ ...exchange });
    Object.freeze(this);
  }

  /** @internal Whether the value is one, and of this copy of the package. */
  static isProvider(value: unknown): value is IdentityProvider {
    return typeof value === 'object' && value !== null && #exchange in value;
  }

  /** @internal How an issuer of this provider is asked for tokens; without a provider, as RFC 8693 says. */
  static exchangeOf(provider: IdentityProvider | undefined): Readonly<ExchangeOptions> {
    return provider ? provider.#exchange : {};
  }
}
