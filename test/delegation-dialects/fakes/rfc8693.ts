import { type ClientOptions, type IssuerOptions } from 'nestjs-eie';
import { defineProvider, type ExchangeOptions } from 'nestjs-eie/presets';
import { type DocumentedToken } from '../../presets/fixtures/tokens.js';
import { jwks, sign } from '../../presets/providers.js';
import { MCP, ORDERS } from '../../support/world.js';
import { byKey } from '../keys.js';
import { ACCESS_TOKEN, issuedBy } from '../shape.js';
import { type Provider, refuse } from '../token-endpoint.js';

export const ISSUER = 'https://login.shop.test';
export const CLIENT = byKey('mcp-server');

export const userToken: DocumentedToken = {
  header: { typ: 'at+jwt' },
  claims: { iss: ISSUER, aud: MCP, sub: 'alice', client_id: 'desk-copilot', sub_profile: 'user', scope: 'orders:read' },
};

/** Without `exchange`, an issuer of no provider. */
export function issuerOptions(exchange?: ExchangeOptions, client: ClientOptions = CLIENT): IssuerOptions {
  const options: IssuerOptions = {
    issuer: ISSUER,
    jwks,
    algorithms: ['RS256'],
    actorType: { user: { claim: 'sub_profile', values: ['user'] } },
    client,
  };
  return exchange ? defineProvider({ name: 'shop', issuer: () => options, exchange })({}) : options;
}

/**
 * An authorization server that takes every parameter of RFC 8693 and does as asked. It names an actor when it is shown one.
 * `grants` are scopes, whatever was asked for.
 */
export function rfc8693Fake(client: ClientOptions = CLIENT, grants?: string): Provider {
  async function grant(parameters: Record<string, string>, clientId: string): Promise<object> {
    const { resource, scope = '', subject_token: subjectToken, actor_token: actorToken } = parameters;
    // Some servers know by the scopes of an exchange whose they are.
    const { audience = resource ?? (subjectToken && ORDERS) } = parameters;
    const subject = subjectToken === undefined ? undefined : await issuedBy(ISSUER, subjectToken);
    const actor = actorToken === undefined ? undefined : await issuedBy(ISSUER, actorToken);
    if ((subjectToken !== undefined && !subject) || (actorToken !== undefined && !actor))
      refuse(400, 'invalid_request', 'A token was not issued here');
    const owner = subject ? { sub: subject.sub, sub_profile: 'user' } : { sub: clientId };
    const claims = {
      iss: ISSUER,
      aud: audience,
      ...owner,
      client_id: clientId,
      scope: grants ?? scope,
      ...(actor && { act: { sub: actor.sub } }),
    };
    const access_token = await sign({ header: { typ: 'at+jwt' }, claims });
    return {
      access_token,
      token_type: 'Bearer',
      expires_in: 300,
      scope: grants ?? scope,
      ...(subject && { issued_token_type: ACCESS_TOKEN }),
    };
  }
  return { issuer: ISSUER, tokenEndpoint: `${ISSUER}/token`, clients: [client], assertionAudience: ISSUER, grant };
}
