import { type JWK } from 'jose';

/** Somebody who can sign in on the consent page. There are no passwords. */
export interface TestUser {
  readonly sub: string;
  /** As the page shows it. Default: `sub`. */
  readonly name?: string;
  readonly tenant?: string;
  readonly roles?: readonly string[];
}

/** A client that is registered from the start. */
export interface TestClient {
  readonly clientId: string;
  /** As the consent page names it. Default: the client id. */
  readonly name?: string;
  /** For `client_secret_basic` and `client_secret_post`. A client with neither `secret` nor `jwks` is public. */
  readonly secret?: string;
  /** Its public keys, for `private_key_jwt` (RFC 7523 §2.2). */
  readonly jwks?: { readonly keys: readonly JWK[] };
  /** Compared exactly; of a loopback address any port will do (RFC 8252 §7.3). Default: none, so no user can sign in through it. */
  readonly redirectUris?: readonly string[];
  /** The agent that acts through it: the `act` of each user's token. Default: no `act`, and the client itself is the agent. */
  readonly agent?: string;
  /** Of its own tokens. */
  readonly tenant?: string;
  /**
   * The resources this client is itself. It may exchange tokens that were issued for one of them. Default: it may exchange any token of this
   * server.
   */
  readonly serves?: readonly string[];
}

/** A resource for which tokens are issued (RFC 8707). */
export interface TestResource {
  /** The most that its tokens grant; a record from the scopes of other resources to its own, where it has names of its own. */
  readonly scopes?: readonly string[] | Readonly<Record<string, readonly string[]>>;
  /** What the `aud` of its tokens is. Default: the resource. */
  readonly audience?: string;
  /** Whether the client that exchanges a token is added to `act` (delegation, the default) or not (impersonation): RFC 8693 §1.1. */
  readonly exchange?: 'delegation' | 'impersonation';
}

/** The options of {@link TestAuthorizationServer.start}. Everything has a default. */
export interface TestAuthorizationServerOptions {
  /** On the loopback interface. Default: a free one. */
  readonly port?: number;
  /** The `iss` of its tokens, where it stands in for another server. Its endpoints stay on loopback. Default: its own URL. */
  readonly issuer?: string;
  /** The audience of tokens that name no resource. Default: none, so that each request must name one. */
  readonly audience?: string;
  /** Default: `alice` and `bob`. */
  readonly users?: readonly TestUser[];
  /** Default: none; clients can register themselves. */
  readonly clients?: readonly TestClient[];
  /** By resource identifier. One that is not here has any scopes, and delegates. */
  readonly resources?: Readonly<Record<string, TestResource>>;
  /** Seconds that an access token lives. Default 300. */
  readonly lifetime?: number;
  /** Gets client id metadata documents. Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/** What {@link TestAuthorizationServer.token} is asked for. */
export interface TestTokenRequest {
  /** The user. Without it the token is the client's own, of a service. */
  readonly sub?: string;
  readonly tenant?: string;
  readonly scopes?: readonly string[];
  readonly roles?: readonly string[];
  /** Who acts for the user, in `act`; several: the outermost first. Default: nobody, and the client itself is the agent. */
  readonly agent?: string | readonly string[];
  /** The OAuth client that got the token. Default `test-client`. */
  readonly client?: string;
  /** `aud`. Default: the `audience` of the server. */
  readonly audience?: string | readonly string[];
  /** Seconds from now; negative makes a token that has expired. Default: the `lifetime` of the server. */
  readonly expiresIn?: number;
  /** Added to the claims, or put in the place of some; a claim that is `undefined` is left out. */
  readonly claims?: Readonly<Record<string, unknown>>;
}
