import { type Target } from '../../targets/target.js';

/** What is exchanged. It is sent only to the issuer that minted the subject token. */
export interface ExchangeSubject {
  readonly token: string;
  /** Of the token: seconds since the epoch. */
  readonly expiresAt: number;
  /** The access token of this server itself, where the issuer requires an `actor_token`. */
  readonly actorToken?: string;
}

/** How the request to one kind of authorization server is written. It does NOT authenticate, send or check the answer. */
export interface Dialect {
  readonly grantType: string;
  /** The parameters of an exchange, without `grant_type` and client authentication. */
  exchange(target: Target, scopes: readonly string[], subject: ExchangeSubject): Record<string, string>;
  /** The parameters of a client credentials grant (RFC 6749 §4.4). */
  clientCredentials(target: Pick<Target, 'resource'>, scopes: readonly string[]): Record<string, string>;
  /**
   * A granted scope by the name that was requested. `undefined` for a scope that the dialect itself adds and that gives no right.
   */
  scopeName(granted: string, target: Target): string | undefined;
}
