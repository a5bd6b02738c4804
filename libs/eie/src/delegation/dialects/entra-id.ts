import { type ExchangeOptions } from '../../options/client.options.js';
import { type Dialect } from './dialect.js';

/**
 * Microsoft Entra ID: "OAuth 2.0 On-Behalf-Of flow", a JWT bearer grant (RFC 7523) with `requested_token_use`. The target is
 * named by its scopes alone, `<resource>/<scope>`; client credentials know no scope but `/.default`.
 */
export function entraId({ defaultScope = false }: ExchangeOptions): Dialect {
  const everything = (resource: string): string => `${resource}/.default`;
  return {
    grantType: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    exchange: ({ resource }, scopes, { token }) => ({
      assertion: token,
      requested_token_use: 'on_behalf_of',
      scope: defaultScope ? everything(resource) : scopes.map(scope => `${resource}/${scope}`).join(' '),
    }),
    clientCredentials: ({ resource }) => ({ scope: everything(resource) }),
    scopeName: (granted, { resource }) => (granted.startsWith(`${resource}/`) ? granted.slice(resource.length + 1) : granted),
  };
}
