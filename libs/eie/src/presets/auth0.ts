import { type IssuerOptions } from '../options/issuer.options.js';
import { plain, type PresetOverrides, withOverrides } from './preset.js';

export interface Auth0Preset extends PresetOverrides {
  /** The domain that clients use, and that therefore stands in `iss`: `example.eu.auth0.com`, or a custom domain. */
  domain: string;
  /** The JWT profile of the API in Auth0. Default `rfc9068`; `auth0` is what Auth0 gives a new API. */
  profile?: 'rfc9068' | 'auth0';
  /** Client ids that may come with a token of their own (client credentials). Default: none, and such a token is refused. */
  machineClients?: string[];
}

/**
 * One API of an Auth0 tenant, as in "Access Token Profiles" and "Get Access Tokens: Multiple audiences".
 *
 * A user is recognised by the second audience, `/userinfo`: Auth0 writes it when the client asks for `openid`, and no
 * client credentials can. A service is recognised by its `sub`, `<client id>@clients`. In the profile `rfc9068` the header
 * tells access tokens from ID tokens, in the profile `auth0` the claim `azp`, which no Action can write.
 *
 * Delegation is "On-Behalf-Of Token Exchange", with the Custom API Client of this server: Auth0 names it as the actor, over the
 * client that the user came through. It always does, so a target cannot be called as `restricted_user`.
 *
 * It does NOT take tokens that were requested without an audience (opaque or encrypted), and reads no roles unless an
 * Action writes them: `claims: { roles: 'https://example.com/roles' }`. The tenant is the organization, `org_id`.
 */
export function auth0({ domain, profile = 'rfc9068', machineClients = [], ...overrides }: Auth0Preset): IssuerOptions {
  const issuer = `https://${plain('auth0().domain', domain, 'example.eu.auth0.com')}/`;
  const userinfo = `${issuer}userinfo`;
  return withOverrides(
    {
      issuer,
      jwksUri: `${issuer}.well-known/jwks.json`,
      algorithms: ['RS256'],
      toleratedAudiences: [userinfo],
      accessTokenClaim: profile === 'auth0' ? { claim: 'azp' } : undefined,
      claims: { tenant: 'org_id', clientId: profile === 'auth0' ? 'azp' : 'client_id' },
      actorType: {
        user: { claim: 'aud', values: [userinfo] },
        service: { claim: 'sub', values: machineClients.map(client => `${client}@clients`) },
      },
      exchange: { target: 'audience', namesClient: true },
    },
    overrides,
  );
}
