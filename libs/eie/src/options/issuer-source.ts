import { type IssuerOptions } from './issuer.options.js';

/**
 * Issuers that come and go while the server runs, such as one for each of hundreds of tenants. Extend it, and pass an
 * instance as `issuerSource`. An issuer is asked for again after a minute at most: to suspend one, answer `undefined`; to
 * rotate what is believed of it, answer something else.
 */
export abstract class IssuerSource {
  /** What the protected resource metadata names as `authorization_servers` beside `issuers`. */
  abstract readonly advertised: readonly string[];

  /**
   * @param issuer the `iss` of a token that is NOT verified yet: look it up, and never fetch, build or guess from it
   * @returns what is believed of exactly that issuer; `undefined` when nothing is
   */
  abstract find(issuer: string): Promise<IssuerOptions | undefined>;
}
