import { defineProvider } from './define-provider.js';
import { IsPlainName } from './plain-name.js';

export class OktaParameters {
  /** The domain of the org, or its custom domain: `example.okta.com`. */
  @IsPlainName('example.okta.com')
  domain: string;

  /** The custom authorization server: `default`, or an id such as `aus9o8wzkhckw9TLa0h7`. */
  @IsPlainName('default')
  authorizationServerId: string;
}

/**
 * One custom authorization server of Okta, as in "OpenID Connect & OAuth 2.0 API: Access Token".
 *
 * `cid` is reserved for access tokens, `uid` for those with a user. In a client-credentials token `sub` is the client,
 * which makes it a service. Roles are read from `groups`, if the authorization server has that claim.
 *
 * Delegation is "OAuth 2.0 On-Behalf-Of Token Exchange" at this authorization server: the target is its audience. No token names
 * an actor, so targets need `actEvidence: 'none'`. Exchange between two authorization servers ("Trusted servers") is not used:
 * a token goes to nobody but its issuer.
 *
 * It does NOT take tokens of the org authorization server: Okta does not publish their keys. `sub` is the user's login
 * unless the authorization server is told otherwise.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example okta({ domain: 'example.okta.com', authorizationServerId: 'default' })
 */
export const okta = defineProvider({
  name: 'okta',
  parameters: OktaParameters,
  issuer: ({ domain, authorizationServerId }) => {
    const issuer = `https://${domain}/oauth2/${authorizationServerId}`;
    return {
      issuer,
      jwksUri: `${issuer}/v1/keys`,
      algorithms: ['RS256'],
      accessTokenClaim: { claim: 'cid' },
      claims: { clientId: 'cid', scope: 'scp', roles: 'groups' },
      actorType: { user: { claim: 'uid' } },
    };
  },
  exchange: {
    target: 'audience',
    clientCredentials: 'none',
    requestedTokenType: 'none',
    assertionAudience: 'token_endpoint',
    errors: 'okta',
  },
});
