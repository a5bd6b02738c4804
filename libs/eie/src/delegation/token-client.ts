import { importJWK } from 'jose';
import * as oauth from 'oauth4webapi';
import { EieError } from '../eie.error.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { type Target } from './targets.js';

/** What an authorization server answered at its token endpoint. Stays inside the delegation layer. */
export interface TokenAnswer {
  readonly token: string;
  /** As the server named it; absent means "as requested" (RFC 6749 §5.1). */
  readonly scope?: string;
  /** This server at that issuer. */
  readonly clientId: string;
}

interface Connection {
  server: oauth.AuthorizationServer;
  client: oauth.Client;
  auth: oauth.ClientAuth;
}

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const TIMEOUT_MS = 5_000;

/** This server as an OAuth client of its issuers. The protocol is oauth4webapi's; only the answers are read here. */
export class TokenClient {
  readonly #issuers: ReadonlyMap<string, IssuerOptions>;
  readonly #connections = new Map<string, Promise<Connection>>();

  constructor(issuers: readonly IssuerOptions[], private readonly fetcher: typeof fetch) {
    this.#issuers = new Map(issuers.map(issuer => [issuer.issuer, issuer]));
  }

  /** RFC 6749 §4.4 with a resource indicator (RFC 8707). */
  async clientCredentials({ issuer, resource }: Target, scopes: readonly string[]): Promise<TokenAnswer> {
    return this.#request(issuer, async ({ server, client, auth }, options) => {
      const response = await oauth.clientCredentialsGrantRequest(server, client, auth, { resource, scope: scopes.join(' ') }, options);
      return oauth.processClientCredentialsResponse(server, client, response);
    });
  }

  /** RFC 8693 §2.1 without an actor token: the authorization server knows this server by its client authentication. */
  async exchange({ issuer, resource }: Target, scopes: readonly string[], subjectToken: string): Promise<TokenAnswer> {
    return this.#request(issuer, async ({ server, client, auth }, options) => {
      const parameters = {
        subject_token: subjectToken,
        subject_token_type: ACCESS_TOKEN,
        requested_token_type: ACCESS_TOKEN,
        resource,
        scope: scopes.join(' '),
      };
      const response = await oauth.genericTokenEndpointRequest(server, client, auth, TOKEN_EXCHANGE, parameters, options);
      return oauth.processGenericTokenEndpointResponse(server, client, response);
    });
  }

  async #request(
    issuer: string,
    grant: (connection: Connection, options: oauth.TokenEndpointRequestOptions) => Promise<oauth.TokenEndpointResponse>,
  ): Promise<TokenAnswer> {
    try {
      const connection = await this.#connect(issuer);
      const { access_token: token, scope } = await grant(connection, this.#options(issuer));
      return { token, ...(scope !== undefined && { scope }), clientId: connection.client.client_id };
    } catch (error) {
      throw error instanceof EieError ? error : new EieError(failure(error));
    }
  }

  #connect(issuer: string): Promise<Connection> {
    const known = this.#connections.get(issuer);
    if (known) return known;
    const connection = this.#open(issuer);
    this.#connections.set(issuer, connection);
    connection.catch(() => this.#connections.delete(issuer));
    return connection;
  }

  async #open(issuer: string): Promise<Connection> {
    const configured = this.#issuers.get(issuer);
    if (!configured?.client) throw new EieError('delegation_misconfigured');
    const { clientId, auth } = configured.client;
    return { server: await this.#metadata(configured), client: { client_id: clientId }, auth: await clientAuth(auth) };
  }

  async #metadata({ issuer, metadata = 'discovery' }: IssuerOptions): Promise<oauth.AuthorizationServer> {
    if (metadata !== 'discovery') return { issuer, token_endpoint: metadata.tokenEndpoint };
    const url = new URL(issuer);
    return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, this.#options(issuer)));
  }

  #options(issuer: string): { [oauth.customFetch]: typeof fetch; [oauth.allowInsecureRequests]: boolean; signal: () => AbortSignal } {
    return {
      [oauth.customFetch]: this.fetcher,
      // Only loopback issuers may be http: the options refuse any other.
      [oauth.allowInsecureRequests]: issuer.startsWith('http:'),
      signal: () => AbortSignal.timeout(TIMEOUT_MS),
    };
  }
}

async function clientAuth({ method, key, secret }: NonNullable<IssuerOptions['client']>['auth']): Promise<oauth.ClientAuth> {
  switch (method) {
    case 'private_key_jwt':
      return oauth.PrivateKeyJwt({ key: (await importJWK(key!, key!.alg)) as CryptoKey, ...(key!.kid !== undefined && { kid: key!.kid }) });
    case 'client_secret_basic':
      return oauth.ClientSecretBasic(secret!);
    case 'client_secret_post':
      return oauth.ClientSecretPost(secret!);
  }
}

/** What the error of a token endpoint means for the caller: RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 8707 §2, RFC 9470 §3. */
function failure(error: unknown): EieError['code'] {
  const refused = error instanceof oauth.ResponseBodyError ? error.error : error instanceof oauth.WWWAuthenticateChallengeError ? 'invalid_client' : undefined;
  switch (refused) {
    case undefined:
      return 'delegation_unavailable';
    case 'invalid_grant':
    case 'invalid_token':
      return 'delegation_reauthenticate';
    case 'interaction_required':
    case 'login_required':
    case 'consent_required':
    case 'insufficient_user_authentication':
      return 'delegation_step_up';
    case 'invalid_client':
    case 'unsupported_grant_type':
      return 'delegation_misconfigured';
    case 'temporarily_unavailable':
    case 'server_error':
      return 'delegation_unavailable';
    default:
      return 'delegation_denied';
  }
}
