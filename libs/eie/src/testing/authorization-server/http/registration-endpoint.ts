import { type Clients } from '../clients.js';
import { OAuthError } from '../oauth-error.js';
import { redirectUris } from '../redirect-uris.js';
import { json, type LoopbackAnswer, type LoopbackRequest } from './loopback-server.js';
import { USER_GRANTS } from './token-endpoint.js';

/** Characters: a client says little of itself, and 1,000 of them are kept. */
const MAX_METADATA = 16 * 1024;
const METHODS = ['none', 'client_secret_basic', 'client_secret_post'];

/**
 * A client registers itself: RFC 7591 §3. It can sign users in, and nothing else.
 *
 * @throws OAuthError `invalid_client_metadata`, `invalid_redirect_uri`
 */
export function registrationEndpoint({ method, body }: LoopbackRequest, clients: Clients): LoopbackAnswer {
  if (method !== 'POST') throw new OAuthError('invalid_request', 'Send a POST request.', 405);
  const asked = metadataIn(body);
  const authentication = asked.token_endpoint_auth_method ?? 'client_secret_basic';
  if (!METHODS.includes(authentication as string))
    throw new OAuthError('invalid_client_metadata', `token_endpoint_auth_method must be one of ${METHODS.join(', ')}`);
  const uris = redirectUris(asked.redirect_uris);
  const { client_name: name } = asked;
  const client = clients.register({
    redirectUris: uris,
    isPublic: authentication === 'none',
    ...(typeof name === 'string' && { name }),
  });
  return json(201, {
    client_id: client.clientId,
    client_id_issued_at: Math.floor(Date.now() / 1000),
    ...(client.secret !== undefined && { client_secret: client.secret, client_secret_expires_at: 0 }),
    ...(client.name !== undefined && { client_name: client.name }),
    redirect_uris: uris,
    token_endpoint_auth_method: authentication,
    grant_types: USER_GRANTS,
    response_types: ['code'],
  });
}

function metadataIn(body: string): Record<string, unknown> {
  if (body.length > MAX_METADATA)
    throw new OAuthError('invalid_client_metadata', `Send at most ${MAX_METADATA} characters.`);
  try {
    return Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    throw new OAuthError('invalid_client_metadata', 'The body is not JSON.');
  }
}
