import * as oauth from 'oauth4webapi';
import { EieError } from '../eie.error.js';
import { type IssuerClient, type IssuerConnection } from '../issuer-client.js';
import { type Target } from './targets.js';

/** What an authorization server answered at its token endpoint. Stays inside the delegation layer. */
export interface TokenAnswer {
  readonly token: string;
  /** As the server named it; absent means "as requested" (RFC 6749 §5.1). */
  readonly scope?: string;
  /** This server at that issuer. */
  readonly clientId: string;
}

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** The token endpoints of our issuers. The protocol is oauth4webapi's; only the answers are read here. */
export class TokenClient {
  constructor(private readonly issuers: IssuerClient) {}

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
    grant: (connection: IssuerConnection, options: oauth.TokenEndpointRequestOptions) => Promise<oauth.TokenEndpointResponse>,
  ): Promise<TokenAnswer> {
    try {
      const connection = await this.issuers.connect(issuer);
      const { access_token: token, scope } = await grant(connection, this.issuers.requestOptions(issuer));
      return { token, ...(scope !== undefined && { scope }), clientId: connection.client.client_id };
    } catch (error) {
      throw error instanceof EieError ? error : new EieError(failure(error));
    }
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
