import { authenticatedClient } from '../client-authentication.js';
import { authorizationCode, refreshToken } from '../grants/authorization-code.js';
import { clientCredentials } from '../grants/client-credentials.js';
import { type Grant, type GrantParts } from '../grants/grant.js';
import { TOKEN_EXCHANGE, tokenExchange } from '../grants/token-exchange.js';
import { OAuthError } from '../oauth-error.js';
import { Form } from './form.js';
import { json, type LoopbackAnswer, type LoopbackRequest } from './loopback-server.js';

const GRANTS: ReadonlyMap<string, Grant> = new Map([
  ['authorization_code', authorizationCode],
  ['refresh_token', refreshToken],
  ['client_credentials', clientCredentials],
  [TOKEN_EXCHANGE, tokenExchange],
]);

/** Of a client that registers itself. */
export const USER_GRANTS: readonly string[] = ['authorization_code', 'refresh_token'];

/** RFC 6749 §3.2. @throws OAuthError */
export async function tokenEndpoint(request: LoopbackRequest, parts: GrantParts): Promise<LoopbackAnswer> {
  if (request.method !== 'POST') throw new OAuthError('invalid_request', 'Send a POST request.', 405);
  const form = new Form(new URLSearchParams(request.body));
  const endpoint = request.url.origin + request.url.pathname;
  const client = await authenticatedClient(form, request.headers.authorization, parts.clients, [
    parts.issuer,
    endpoint,
  ]);
  const type = form.needed('grant_type');
  const grant = GRANTS.get(type);
  if (!grant) throw new OAuthError('unsupported_grant_type', `Known grants: ${[...GRANTS.keys()].join(', ')}`);
  if (!USER_GRANTS.includes(type) && parts.clients.hasRegisteredItself(client))
    throw new OAuthError('unauthorized_client', 'A client that registers itself signs users in, and nothing else.');
  return json(200, { token_type: 'Bearer', ...(await grant(form, client, parts)) });
}
