import { oktaTokens } from '../../presets/fixtures/okta.js';
import { having } from '../../presets/fixtures/tokens.js';
import { sign } from '../../presets/providers.js';
import { byKey } from '../keys.js';
import { ACCESS_TOKEN, ANYTHING, demand, isFor, issuedBy, SCOPES, TOKEN_EXCHANGE, words } from '../shape.js';
import { type Provider, refuse } from '../token-endpoint.js';

export const ISSUER = 'https://shop.okta.test/oauth2/aus9o8wzkhckw9TLa0h7';
/** The audience of the authorization server: it has one, for every token. */
export const AUDIENCE = 'api://shop';
/** The API Services app of the MCP server. */
export const CLIENT = byKey('0oa9aw62CPUnXomeU9c5');

/** Okta: "Set up OAuth 2.0 On-Behalf-Of Token Exchange", "Client Credentials", "Build a JWT for Client Authentication". */
export function oktaFake(policy = ['orders:read']): Provider {
  const tokenEndpoint = `${ISSUER}/v1/token`;
  const allowed = (scope: string): string[] => {
    const scopes = words(scope);
    if (scopes.some(one => !policy.includes(one)))
      refuse(400, 'invalid_scope', 'One or more scopes are not configured for the authorization server resource.');
    return scopes;
  };
  const answer = async (token: Parameters<typeof sign>[0], scopes: string[]): Promise<object> => ({
    token_type: 'Bearer',
    expires_in: 3600,
    access_token: await sign(token),
    scope: scopes.join(' '),
  });

  async function exchange(parameters: Record<string, string>, clientId: string): Promise<object> {
    demand(parameters, {
      grant_type: TOKEN_EXCHANGE,
      subject_token: ANYTHING,
      subject_token_type: ACCESS_TOKEN,
      audience: AUDIENCE,
      scope: SCOPES,
    });
    const subject = await issuedBy(ISSUER, parameters.subject_token!);
    if (!subject || !isFor(subject, AUDIENCE)) return refuse(400, 'invalid_grant', 'The subject_token is invalid.');
    const scopes = allowed(parameters.scope!);
    const { sub, uid } = subject;
    const token = having(oktaTokens.access, { jti: 'AT.obo', aud: AUDIENCE, cid: clientId, uid, sub, scp: scopes });
    return { ...(await answer(token, scopes)), issued_token_type: ACCESS_TOKEN };
  }

  async function clientCredentials(parameters: Record<string, string>, clientId: string): Promise<object> {
    demand(parameters, { grant_type: 'client_credentials', scope: SCOPES });
    const scopes = allowed(parameters.scope!);
    return answer(having(oktaTokens.service, { aud: AUDIENCE, cid: clientId, sub: clientId, scp: scopes }), scopes);
  }

  return {
    issuer: ISSUER,
    tokenEndpoint,
    clients: [CLIENT],
    assertionAudience: tokenEndpoint,
    grant: (parameters, clientId) =>
      (parameters.grant_type === 'client_credentials' ? clientCredentials : exchange)(parameters, clientId),
  };
}
