import type { Configuration, KoaContextWithOIDC, OidcProvider } from './oidc-provider.js';
import type { Registry } from './registry.js';

type Feature = NonNullable<NonNullable<Configuration['features']>['introspection']>;
type Middleware = Parameters<OidcProvider['use']>[0];

/** Token introspection (RFC 7662): a resource is told of the tokens that were issued for it, and of no others. */
export function introspectionPolicy(registry: Registry): Feature['allowedPolicy'] {
  return (_ctx, client, token) => {
    const resource = registry.client(client.clientId)?.resource_id;
    const audience = 'aud' in token ? token.aud : undefined;
    return client.tokenEndpointAuthMethod !== 'none' && resource !== undefined && audience === resource;
  };
}

/** Adds to what oidc-provider says of an active token: the `sub` of a service, and the `sid` that it leaves out. */
export const completeIntrospection: Middleware = async (ctx, next) => {
  await next();
  const { oidc, body } = ctx as KoaContextWithOIDC;
  if (oidc?.route !== 'introspection' || !(body as { active?: boolean }).active) return;
  const { AccessToken, ClientCredentials } = oidc.entities;
  const token = AccessToken ?? ClientCredentials;
  if (token) ctx.body = { sub: token.clientId, ...(body as object), sid: token.extra?.sid };
};
