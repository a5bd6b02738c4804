import { type Target } from '../../targets/target.js';

/** What is exchanged: always toward the issuer that minted the subject token. */
export interface ExchangeSubject {
  readonly token: string;
  /** This server's own access token, where the issuer has to be shown who acts. */
  readonly actorToken?: string;
}

/** The words in which one kind of authorization server is asked. Authentication, transport and proof are not its part. */
export interface Dialect {
  readonly grantType: string;
  /** The parameters of an exchange, without `grant_type` and client authentication. */
  exchange(target: Target, scopes: readonly string[], subject: ExchangeSubject): Record<string, string>;
  /** The parameters of a client credentials grant (RFC 6749 §4.4). */
  clientCredentials(target: Pick<Target, 'resource'>, scopes: readonly string[]): Record<string, string>;
  /**
   * A scope of the answer, in the words in which it was asked for here. None for one that the dialect asks for besides, and
   * that gives no right.
   */
  scopeName(granted: string, target: Target): string | undefined;
}
