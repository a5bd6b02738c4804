import { EXCHANGE_GRANTS, type ExchangeOptions } from '../../../options/exchange.options.js';
import { type Dialect } from './dialect.js';

/** Without it a token does not name the user as `oid`, the one identifier that all APIs share ("Access token claims reference"). */
const PROFILE = 'profile';
const DEFAULT = '.default';

/**
 * Microsoft Entra ID: "OAuth 2.0 On-Behalf-Of flow", a JWT bearer grant (RFC 7523) with `requested_token_use`. The target is
 * named by its scopes alone, `<resource>/<scope>`; client credentials know no scope but `/.default`.
 */
export function entraId({ defaultScope = false, parameters = {} }: ExchangeOptions): Dialect {
  const under = (resource: string, scope: string): string => `${resource}/${scope}`;
  return {
    grantType: EXCHANGE_GRANTS.entra_id,
    exchange: ({ resource }, scopes, { token }) => ({
      ...parameters,
      assertion: token,
      requested_token_use: 'on_behalf_of',
      scope: [...(defaultScope ? [DEFAULT] : scopes).map(scope => under(resource, scope)), PROFILE].join(' '),
    }),
    clientCredentials: ({ resource }) => ({ scope: under(resource, DEFAULT) }),
    scopeName: (granted, { resource }) => {
      if (granted === PROFILE || granted === under(resource, DEFAULT)) return undefined;
      return granted.startsWith(under(resource, '')) ? granted.slice(under(resource, '').length) : granted;
    },
  };
}
