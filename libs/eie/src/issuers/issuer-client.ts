import * as oauth from 'oauth4webapi';
import { type Diagnostics, EieError, type Fetch } from 'execution-identity';
import { strictJsonFetch } from 'execution-identity/internal';
import { IdentityProvider } from '../options/identity-provider.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { authenticationOf, OAuthClient, problemsOf } from './oauth-client.js';

/** This server as a client of one issuer. */
export interface IssuerConnection {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly auth: oauth.ClientAuth;
}

const TIMEOUT_MS = 5_000;

let connect: (issuers: IssuerClient, issuer: string, client?: OAuthClient) => Promise<IssuerConnection>;
let problems: (issuers: IssuerClient, further: readonly OAuthClient[]) => Promise<string[]>;

/**
 * This server as an OAuth client of its issuers. oauth4webapi implements the protocol. Metadata is fetched once, and responses are parsed
 * as strictly as tokens. No public method authenticates: the library uses {@link connectTo}.
 */
export class IssuerClient {
  readonly #issuers: ReadonlyMap<string, IssuerOptions>;
  readonly #clients: ReadonlyMap<string, OAuthClient>;
  readonly #servers = new Map<string, Promise<oauth.AuthorizationServer>>();
  readonly #fetch: Fetch;
  readonly #diagnostics: Diagnostics;

  constructor(issuers: readonly IssuerOptions[], io: { readonly fetch: Fetch; readonly diagnostics: Diagnostics }) {
    this.#issuers = new Map(issuers.map(issuer => [issuer.issuer, issuer]));
    this.#clients = new Map(
      issuers.flatMap(({ issuer, client }) =>
        client ? [[issuer, new OAuthClient(client, `issuers[].client of ${issuer}`)]] : [],
      ),
    );
    this.#fetch = strictJsonFetch(io.fetch);
    this.#diagnostics = io.diagnostics;
  }

  static {
    connect = (issuers, issuer, client) => issuers.#connect(issuer, client);
    problems = (issuers, further) => problemsOf([...issuers.#clients.values(), ...further]);
  }

  /** What every request to an issuer is sent with. */
  requestOptions(issuer: string): {
    [oauth.customFetch]: (url: string, options: object) => Promise<Response>;
    [oauth.allowInsecureRequests]: boolean;
    signal: () => AbortSignal;
  } {
    return {
      [oauth.customFetch]: (url, options) => this.#fetch(url, options),
      // The options let http pass on loopback alone: for an endpoint, and for an issuer that is asked where its endpoints are.
      [oauth.allowInsecureRequests]: !issuer.startsWith('https:'),
      signal: () => AbortSignal.timeout(TIMEOUT_MS),
    };
  }

  async #connect(issuer: string, client = this.#clients.get(issuer)): Promise<IssuerConnection> {
    const configured = this.#issuers.get(issuer);
    if (!configured || !client) throw new EieError('delegation_misconfigured');
    return {
      server: await this.#server(configured),
      client: { client_id: client.clientId },
      auth: authenticationOf(client, {
        audienceOf: server => this.#assertionAudience(server),
        diagnostics: this.#diagnostics,
      }),
    };
  }

  #assertionAudience({ issuer, token_endpoint: tokenEndpoint }: oauth.AuthorizationServer): string {
    const { assertionAudience } = IdentityProvider.exchangeOf(this.#issuers.get(issuer)?.provider);
    return assertionAudience === 'token_endpoint' ? tokenEndpoint! : issuer;
  }

  #server(configured: IssuerOptions): Promise<oauth.AuthorizationServer> {
    const known = this.#servers.get(configured.issuer);
    if (known) return known;
    const server = this.#metadata(configured);
    this.#servers.set(configured.issuer, server);
    server.catch(() => this.#servers.delete(configured.issuer));
    return server;
  }

  async #metadata({ issuer, metadata = 'discovery' }: IssuerOptions): Promise<oauth.AuthorizationServer> {
    if (metadata !== 'discovery') {
      const { tokenEndpoint, introspectionEndpoint } = metadata;
      return {
        issuer,
        token_endpoint: tokenEndpoint,
        ...(introspectionEndpoint && { introspection_endpoint: introspectionEndpoint }),
      };
    }
    const url = new URL(issuer);
    return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, this.requestOptions(issuer)));
  }
}

/**
 * The server metadata and client authentication for a request to an issuer.
 *
 * @param client default: the one of the issuer
 * @throws EieError `delegation_misconfigured` for an issuer without `client`; whatever oauth4webapi throws for its metadata
 */
export const connectTo: typeof connect = (issuers, issuer, client) => connect(issuers, issuer, client);

/**
 * The problems with the keys and signers for client authentication, at boot.
 *
 * @param further clients of targets
 */
export const clientProblems: typeof problems = (issuers, further) => problems(issuers, further);
