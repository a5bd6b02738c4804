import { auth0Tokens } from '../../presets/fixtures/auth0.js';
import { having } from '../../presets/fixtures/tokens.js';
import { sign } from '../../presets/providers.js';
import { MCP, ORDERS } from '../../support/world.js';
import { byKey } from '../keys.js';
import { ACCESS_TOKEN, ANYTHING, demand, isFor, issuedBy, SCOPES, TOKEN_EXCHANGE, words } from '../shape.js';
import { type Provider, refuse } from '../token-endpoint.js';

export const ISSUER = 'https://shop.eu.auth0.test/';
/** The Custom API Client of the MCP server. */
export const CLIENT = byKey('mcp_server_client_id');

/** Auth0: "On-Behalf-Of Token Exchange" and "Client Credentials Flow". `permissions` are what the client grants allow. */
export function auth0Fake(permissions = ['orders:read']): Provider {
  const forApi = (audience: string): string =>
    audience === ORDERS ? audience : refuse(403, 'access_denied', `Service not found: ${audience}`);

  async function exchange(parameters: Record<string, string>, clientId: string): Promise<object> {
    demand(parameters, {
      grant_type: TOKEN_EXCHANGE,
      subject_token: ANYTHING,
      subject_token_type: ACCESS_TOKEN,
      requested_token_type: ACCESS_TOKEN,
      audience: ANYTHING,
      scope: { optional: SCOPES },
    });
    const subject = await issuedBy(ISSUER, parameters.subject_token!);
    if (!subject || !isFor(subject, MCP))
      return refuse(400, 'invalid_request', 'The subject token is not for the API of this client');
    const { sub, org_id, client_id: first, act = { sub: first } } = subject;
    const scope = words(parameters.scope)
      .filter(one => permissions.includes(one))
      .join(' ');
    const claims = {
      iss: ISSUER,
      sub,
      aud: forApi(parameters.audience!),
      client_id: clientId,
      jti: 'obo',
      scope,
      ...(org_id !== undefined && { org_id }),
      act: { sub: clientId, act },
    };
    return {
      access_token: await sign({ header: auth0Tokens.access.header, claims }),
      expires_in: 86400,
      token_type: 'Bearer',
      issued_token_type: ACCESS_TOKEN,
      ...(scope !== parameters.scope && { scope }),
    };
  }

  /** The page names no `scope`: a token has what the client was granted. */
  async function clientCredentials(parameters: Record<string, string>, clientId: string): Promise<object> {
    demand(parameters, { grant_type: 'client_credentials', audience: ANYTHING, scope: { optional: SCOPES } });
    const token = having(auth0Tokens.service, {
      sub: `${clientId}@clients`,
      client_id: clientId,
      aud: forApi(parameters.audience!),
      scope: permissions.join(' '),
    });
    return { access_token: await sign(token), token_type: 'Bearer', expires_in: 86400, scope: permissions.join(' ') };
  }

  return {
    issuer: ISSUER,
    tokenEndpoint: `${ISSUER}oauth/token`,
    clients: [CLIENT],
    assertionAudience: ISSUER,
    grant: (parameters, clientId) =>
      (parameters.grant_type === 'client_credentials' ? clientCredentials : exchange)(parameters, clientId),
  };
}
