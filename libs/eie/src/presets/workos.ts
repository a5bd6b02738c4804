import { defineProvider } from './define-provider.js';
import { IsPlainName } from './plain-name.js';

export class WorkosParameters {
  /** The AuthKit domain of the environment: `example.authkit.app`, or a custom domain. */
  @IsPlainName('example.authkit.app')
  domain: string;
}

/**
 * WorkOS Connect (OAuth applications, MCP clients, M2M applications) on one AuthKit domain, as in "Access token claims".
 *
 * `client_id` is in access tokens and not in ID tokens. `sid`, the consent, is only in tokens of users; in an M2M token
 * `sub` is the client, which makes it a service. The tenant is the organization, `org_id`. There are no roles in a token.
 *
 * Delegation is "Token exchange for WorkOS Connect", with a first-party OAuth application, which WorkOS names as the actor. It
 * always does, so a target cannot be called as `restricted_user`. Only M2M applications have client credentials: they are the
 * `client` of targets called with this server's own identity.
 *
 * It does NOT take session tokens of AuthKit, which have another issuer and no audience, nor M2M tokens unless `audience`
 * names the client id of the environment beside the resource: that is the only audience WorkOS gives them.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example workos({ domain: 'example.authkit.app' })
 */
export const workos = defineProvider({
  name: 'workos',
  parameters: WorkosParameters,
  issuer: ({ domain }) => {
    const issuer = `https://${domain}`;
    return {
      issuer,
      jwksUri: `${issuer}/oauth2/jwks`,
      algorithms: ['RS256'],
      accessTokenClaim: { claim: 'client_id' },
      claims: { tenant: 'org_id' },
      actorType: { user: { claim: 'sid' } },
    };
  },
  exchange: { clientCredentials: 'none' },
});
