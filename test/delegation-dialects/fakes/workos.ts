import { having } from '../../presets/fixtures/tokens.js';
import { ENVIRONMENT, workosTokens } from '../../presets/fixtures/workos.js';
import { sign } from '../../presets/providers.js';
import { MCP, ORDERS } from '../../support/world.js';
import { bySecret } from '../keys.js';
import { ACCESS_TOKEN, ANYTHING, demand, isFor, issuedBy, SCOPES, TOKEN_EXCHANGE, words } from '../shape.js';
import { type Provider, refuse } from '../token-endpoint.js';

export const ISSUER = 'https://shop.authkit.test';
/** The first-party OAuth application of the MCP server. */
export const APPLICATION = bySecret('client_01KMCPSERVER00000000000000', 'client_secret_post');
/** Only these have client credentials. */
export const M2M = bySecret('client_01KMCPSERVERM2M000000000000', 'client_secret_post');

/**
 * WorkOS: "Token exchange for WorkOS Connect", "How your MCP server should call your API on the user's behalf", "Client credentials
 * grant", "Access token claims". `m2mScopes` are those of the M2M application.
 */
export function workosFake(m2mScopes = ['orders:read']): Provider {
  async function exchange(parameters: Record<string, string>, clientId: string): Promise<object> {
    if (clientId !== APPLICATION.clientId)
      refuse(400, 'unauthorized_client', 'Only a first-party application can exchange');
    demand(parameters, {
      grant_type: TOKEN_EXCHANGE,
      subject_token: ANYTHING,
      subject_token_type: ACCESS_TOKEN,
      requested_token_type: { optional: ACCESS_TOKEN },
      resource: ANYTHING,
      scope: { optional: SCOPES },
    });
    const subject = await issuedBy(ISSUER, parameters.subject_token!);
    if (!subject || !isFor(subject, MCP)) return refuse(400, 'invalid_grant', 'The subject token is not valid');
    if (parameters.resource !== ORDERS) refuse(400, 'invalid_target', 'The resource is not registered');
    const { sub, org_id, sid, scope: had } = subject;
    const scope = parameters.scope ?? (had as string);
    if (words(scope).some(one => !words(had as string).includes(one)))
      refuse(400, 'invalid_scope', 'Scopes can only be narrowed');
    const token = having(workosTokens.access, {
      aud: ORDERS,
      sub,
      org_id,
      sid,
      client_id: clientId,
      jti: 'exchanged',
      scope,
      act: { sub: clientId },
    });
    return {
      access_token: await sign(token),
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: 300,
      scope,
    };
  }

  async function clientCredentials(parameters: Record<string, string>, clientId: string): Promise<object> {
    if (clientId !== M2M.clientId) refuse(400, 'unauthorized_client', 'Only an M2M application has client credentials');
    demand(parameters, { grant_type: 'client_credentials', scope: { optional: SCOPES } });
    const token = having(workosTokens.service, {
      aud: ENVIRONMENT,
      sub: clientId,
      client_id: clientId,
      scope: m2mScopes.join(' '),
    });
    return { access_token: await sign(token), token_type: 'Bearer', expires_in: 300 };
  }

  return {
    issuer: ISSUER,
    tokenEndpoint: `${ISSUER}/oauth2/token`,
    clients: [APPLICATION, M2M],
    grant: (parameters, clientId) =>
      (parameters.grant_type === 'client_credentials' ? clientCredentials : exchange)(parameters, clientId),
  };
}
