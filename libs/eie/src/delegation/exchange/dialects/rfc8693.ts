import { EXCHANGE_GRANTS, type ExchangeOptions } from '../../../options/exchange.options.js';
import { type Dialect } from './dialect.js';

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
const ACCESS_TOKEN = `${TOKEN_TYPE}access_token`;

/** OAuth 2.0 Token Exchange, RFC 8693 §2.1; the target by `resource` (RFC 8707), `audience` or both. */
export function rfc8693({
  target: naming = 'resource',
  clientCredentials = naming,
  requestedTokenType = 'access_token',
  parameters = {},
}: ExchangeOptions): Dialect {
  return {
    grantType: EXCHANGE_GRANTS.rfc8693,
    exchange: ({ resource }, scopes, { token, actorToken }) => ({
      ...parameters,
      subject_token: token,
      subject_token_type: ACCESS_TOKEN,
      ...(requestedTokenType !== 'none' && { requested_token_type: `${TOKEN_TYPE}${requestedTokenType}` }),
      ...(actorToken !== undefined && { actor_token: actorToken, actor_token_type: ACCESS_TOKEN }),
      ...named(naming, resource),
      scope: scopes.join(' '),
    }),
    clientCredentials: ({ resource }, scopes) => ({
      ...named(clientCredentials, resource),
      ...(scopes.length && { scope: scopes.join(' ') }),
    }),
    scopeName: granted => granted,
  };
}

const named = (
  naming: NonNullable<ExchangeOptions['clientCredentials']>,
  resource: string,
): Record<string, string> => ({
  ...((naming === 'resource' || naming === 'both') && { resource }),
  ...((naming === 'audience' || naming === 'both') && { audience: resource }),
});
