import { having } from '../../presets/fixtures/tokens.js';
import { PROJECT, zitadelTokens } from '../../presets/fixtures/zitadel.js';
import { sign } from '../../presets/providers.js';
import { bySecret } from '../keys.js';
import { ACCESS_TOKEN, ANYTHING, demand, isFor, issuedBy, JWT, SCOPES, TOKEN_EXCHANGE, words } from '../shape.js';
import { type Provider, refuse } from '../token-endpoint.js';

export const ISSUER = 'https://shop.zitadel.test';
/** The project of the orders API. */
export const ORDERS_PROJECT = '259254020357488642';
/** The application of the MCP server, in its project. */
export const APPLICATION = bySecret('69234237810729777@shop', 'client_secret_basic');
/** A service user has client credentials, and no other grant. */
export const SERVICE_USER = bySecret('mcp-server', 'client_secret_basic');

export const ROLE = 'urn:zitadel:iam:org:project:role:';
export const AUDIENCE_SCOPE = `urn:zitadel:iam:org:project:id:${ORDERS_PROJECT}:aud`;

/**
 * ZITADEL: "Token Exchange", "Configure client credential authentication for service users", "Scopes in ZITADEL". `action` is what
 * an Action writes as `scope`.
 */
export function zitadelFake(
  action = (scopes: string[]): string => scopes.filter(scope => scope.startsWith(ROLE)).join(' '),
): Provider {
  async function exchange(parameters: Record<string, string>, clientId: string): Promise<object> {
    if (clientId !== APPLICATION.clientId) refuse(401, 'unauthorized_client', 'A service user cannot exchange');
    if (parameters.resource !== undefined) refuse(400, 'invalid_target', 'resource parameter not supported');
    demand(parameters, {
      grant_type: TOKEN_EXCHANGE,
      subject_token: ANYTHING,
      subject_token_type: ACCESS_TOKEN,
      requested_token_type: { optional: /^urn:ietf:params:oauth:token-type:(access_token|jwt)$/ },
      audience: { optional: ANYTHING },
      scope: { optional: SCOPES },
    });
    const subject = await issuedBy(ISSUER, parameters.subject_token!);
    if (!subject || !isFor(subject, PROJECT)) return refuse(400, 'invalid_request', 'subject_token invalid');
    const { audience, scope } = parameters;
    if (audience !== undefined && !isFor(subject, audience))
      refuse(400, 'invalid_target', `audience "${audience}" not found in subject or actor token`);
    const scopes = words(scope ?? (subject.scope as string));
    const unknown = scopes.find(one => !words(subject.scope as string).includes(one));
    if (unknown) refuse(400, 'invalid_scope', `scope "${unknown}" not found in subject or actor token`);
    const token = having(zitadelTokens.access, {
      aud: audience === undefined ? subject.aud : [audience],
      sub: subject.sub,
      client_id: clientId,
      jti: '259380204902809602',
      scope: action(scopes),
    });
    const isJwt = parameters.requested_token_type === JWT;
    const access_token = isJwt
      ? await sign(token)
      : 'CV3iikwgHfBqeGmzFebMIlbdoo3EHEz30LbOKWa-19FL0irJxcbITiLtOvUxouG0xuqECd0';
    return {
      access_token,
      issued_token_type: isJwt ? JWT : ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: 43199,
      scope: scopes.join(' '),
    };
  }

  async function clientCredentials(parameters: Record<string, string>, clientId: string): Promise<object> {
    if (clientId !== SERVICE_USER.clientId)
      refuse(401, 'unauthorized_client', 'An application has no client credentials');
    demand(parameters, { grant_type: 'client_credentials', scope: /\bopenid\b/ });
    const scopes = words(parameters.scope);
    const aud = scopes.includes(AUDIENCE_SCOPE) ? [ORDERS_PROJECT] : [];
    const token = having(zitadelTokens.service, { aud, client_id: clientId, scope: action(scopes) });
    return { access_token: await sign(token), token_type: 'Bearer', expires_in: 43199, scope: scopes.join(' ') };
  }

  return {
    issuer: ISSUER,
    tokenEndpoint: `${ISSUER}/oauth/v2/token`,
    clients: [APPLICATION, SERVICE_USER],
    assertionAudience: ISSUER,
    grant: (parameters, clientId) =>
      (parameters.grant_type === 'client_credentials' ? clientCredentials : exchange)(parameters, clientId),
  };
}
