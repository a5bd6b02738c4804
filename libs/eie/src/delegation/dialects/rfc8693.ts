import { type ExchangeOptions } from '../../options/client.options.js';
import { type Dialect } from './dialect.js';

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';

/** OAuth 2.0 Token Exchange, RFC 8693 §2.1; the target by `resource` (RFC 8707), `audience` or both. */
export function rfc8693({ target: naming = 'resource', requestedTokenType = 'access_token', parameters = {} }: ExchangeOptions): Dialect {
  const named = (resource: string): Record<string, string> => ({
    ...(naming !== 'audience' && { resource }),
    ...(naming !== 'resource' && { audience: resource }),
  });
  return {
    grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
    exchange: ({ resource }, scopes, { token, actorToken }) => ({
      ...parameters,
      subject_token: token,
      subject_token_type: `${TOKEN_TYPE}access_token`,
      requested_token_type: `${TOKEN_TYPE}${requestedTokenType}`,
      ...(actorToken !== undefined && { actor_token: actorToken, actor_token_type: `${TOKEN_TYPE}access_token` }),
      ...named(resource),
      scope: scopes.join(' '),
    }),
    clientCredentials: ({ resource }, scopes) => ({ ...named(resource), ...(scopes.length && { scope: scopes.join(' ') }) }),
    scopeName: granted => granted,
  };
}
