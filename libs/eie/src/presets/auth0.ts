import { IsIn, IsOptional } from 'class-validator';
import { IsStrings } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';
import { IsPlainName } from './plain-name.js';

export class Auth0Parameters {
  /** The domain that clients use, and that therefore stands in `iss`: `example.eu.auth0.com`, or a custom domain. */
  @IsPlainName('example.eu.auth0.com')
  domain: string;

  /** The JWT profile of the API in Auth0. Default `rfc9068`; `auth0` is what Auth0 gives a new API. */
  @IsOptional()
  @IsIn(['rfc9068', 'auth0'], { message: '$property must be "rfc9068" or "auth0"' })
  profile?: 'rfc9068' | 'auth0';

  /** Client ids that may come with a token of their own (client credentials). Default: none, and such a token is refused. */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of client ids' })
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
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example auth0({ domain: 'example.eu.auth0.com' })
 */
export const auth0 = defineProvider({
  name: 'auth0',
  parameters: Auth0Parameters,
  issuer: ({ domain, profile = 'rfc9068', machineClients = [] }) => {
    const issuer = `https://${domain}/`;
    const userinfo = `${issuer}userinfo`;
    return {
      issuer,
      jwksUri: `${issuer}.well-known/jwks.json`,
      algorithms: ['RS256'],
      toleratedAudiences: [userinfo],
      ...(profile === 'auth0' && { accessTokenClaim: { claim: 'azp' } }),
      claims: { tenant: 'org_id', clientId: profile === 'auth0' ? 'azp' : 'client_id' },
      actorType: {
        user: { claim: 'aud', values: [userinfo] },
        service: { claim: 'sub', values: machineClients.map(client => `${client}@clients`) },
      },
    };
  },
  exchange: { target: 'audience', namesClient: true, errors: 'auth0' },
});
