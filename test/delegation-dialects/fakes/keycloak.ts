import { keycloakTokens } from '../../presets/fixtures/keycloak.js';
import { having } from '../../presets/fixtures/tokens.js';
import { sign } from '../../presets/providers.js';
import { byKey } from '../keys.js';
import { ACCESS_TOKEN, ANYTHING, demand, isFor, issuedBy, SCOPES, TOKEN_EXCHANGE, words } from '../shape.js';
import { type Provider, refuse } from '../token-endpoint.js';

export const ISSUER = 'https://id.shop.test/realms/shop';
export const CLIENT = byKey('mcp-server');
export const ORDERS_API = 'orders-api';

/** Optional client scopes of the requester; each puts this client into `aud` ("Audience support"). */
const OPTIONAL: Record<string, string> = { 'orders:read': ORDERS_API, 'orders:write': ORDERS_API };

/** Keycloak: "Standard token exchange" and "Using a service account". `defaultScopes` are the default client scopes of the requester. */
export function keycloakFake(defaultScopes: string[] = []): Provider {
  const granted = (scope: string | undefined): string[] => {
    const asked = words(scope);
    if (asked.some(one => !(one in OPTIONAL))) refuse(400, 'invalid_scope', `Invalid scopes: ${scope}`);
    return [...new Set([...defaultScopes, ...asked])];
  };
  const answer = { refresh_expires_in: 0, token_type: 'Bearer', 'not-before-policy': 0 };

  async function exchange(parameters: Record<string, string>, clientId: string): Promise<object> {
    demand(parameters, {
      grant_type: TOKEN_EXCHANGE,
      subject_token: ANYTHING,
      subject_token_type: ACCESS_TOKEN,
      requested_token_type: { optional: ACCESS_TOKEN },
      audience: { optional: ANYTHING },
      scope: { optional: SCOPES },
    });
    const subject =
      (await issuedBy(ISSUER, parameters.subject_token!)) ?? refuse(400, 'invalid_request', 'Invalid token');
    if (!isFor(subject, clientId)) refuse(403, 'access_denied', 'Client is not within the token audience');
    const scopes = granted(parameters.scope);
    const available = [...new Set(scopes.map(scope => OPTIONAL[scope]).filter(Boolean))];
    const { audience = available } = parameters;
    if (audience !== available && !Object.values(OPTIONAL).includes(audience as string))
      refuse(400, 'invalid_client', 'Audience not found');
    if (audience !== available && !available.includes(audience as string))
      refuse(400, 'invalid_request', `Requested audience not available: ${String(audience)}`);
    const { sub, sid } = subject;
    const token = having(keycloakTokens.access, { aud: audience, sub, sid, azp: clientId, scope: scopes.join(' ') });
    return {
      ...answer,
      access_token: await sign(token),
      expires_in: 3600,
      issued_token_type: ACCESS_TOKEN,
      session_state: sid,
      scope: scopes.join(' '),
    };
  }

  async function clientCredentials(parameters: Record<string, string>, clientId: string): Promise<object> {
    demand(parameters, { grant_type: 'client_credentials', scope: { optional: SCOPES } });
    const scopes = granted(parameters.scope);
    const token = having(keycloakTokens.service, {
      aud: OPTIONAL[scopes[0]!],
      azp: clientId,
      client_id: clientId,
      scope: scopes.join(' '),
    });
    return { ...answer, access_token: await sign(token), expires_in: 3600, scope: scopes.join(' ') };
  }

  return {
    issuer: ISSUER,
    tokenEndpoint: `${ISSUER}/protocol/openid-connect/token`,
    clients: [CLIENT],
    assertionAudience: ISSUER,
    grant: (parameters, clientId) =>
      (parameters.grant_type === 'client_credentials' ? clientCredentials : exchange)(parameters, clientId),
  };
}
