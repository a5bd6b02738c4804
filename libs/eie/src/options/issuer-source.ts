import { type IssuerOptions } from './issuer.options.js';

/**
 * Issuers that change while the server runs, such as one for each of hundreds of tenants. Extend it, and put an instance into `issuers`.
 * An answer is cached for a minute at most; after a failure, or no answer within two seconds, the source rests for five seconds for that issuer. To suspend an issuer, return `undefined`; to change its options, return other ones. An
 * `audience` that is one of a route with a resource of its own is not accepted.
 *
 * With a source, an `@Unmanaged()` handler is lent no JWT of an issuer that is not configured one by one: it may be one of this server.
 *
 * @example
 * class TenantIssuers extends IssuerSource {
 *   readonly advertised = [];
 *   find(issuer: string) { return this.tenants.issuerOptions(issuer); }
 * }
 */
export abstract class IssuerSource {
  /** What the protected resource metadata names as `authorization_servers` beside the issuers that are configured. */
  abstract readonly advertised: readonly string[];

  /**
   * @param issuer the `iss` of a token that is NOT verified yet: look it up, and never fetch or build anything from it
   * @returns the options of exactly that issuer; `undefined` when it is not accepted
   */
  abstract find(issuer: string): Promise<IssuerOptions | undefined>;
}

/** Several sources as one. The first source that knows an issuer decides. */
class IssuerSources extends IssuerSource {
  readonly #sources: readonly IssuerSource[];

  constructor(sources: readonly IssuerSource[]) {
    super();
    this.#sources = sources;
  }

  get advertised(): readonly string[] {
    return this.#sources.flatMap(source => source.advertised);
  }

  async find(issuer: string): Promise<IssuerOptions | undefined> {
    for (const source of this.#sources) {
      const found = await source.find(issuer);
      if (found) return found;
    }
    return undefined;
  }
}

/** The issuers that are configured one by one, and the source of the others. */
export function partition(issuers: readonly (IssuerOptions | IssuerSource)[]): {
  configured: IssuerOptions[];
  source: IssuerSource | undefined;
} {
  const sources = issuers.filter(one => one instanceof IssuerSource);
  const configured = issuers.filter((one): one is IssuerOptions => !(one instanceof IssuerSource));
  const [first] = sources;
  return { configured, source: sources.length > 1 ? new IssuerSources(sources) : first };
}
